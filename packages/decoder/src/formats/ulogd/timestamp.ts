const two = (value: number): string => String(value).padStart(2, '0')

let cachedSecond = Number.NaN
let cachedClock = ''
let cachedZone = ''

/** Local time as ulogd prints it, `2023-11-14T22:13:20.123456+0100`; on a machine in UTC newer ones leave the zone out. */
export function formatLocalTime(timestampUs: number): string {
  const second = Math.floor(timestampUs / 1_000_000)
  if (second !== cachedSecond) remember(second)
  return `${cachedClock}.${String(timestampUs - second * 1_000_000).padStart(6, '0')}${cachedZone}`
}

/** Packets of a second share their text but for the fraction. */
function remember(second: number): void {
  const date = new Date(second * 1000)
  const day = `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  cachedSecond = second
  cachedClock = `${day}T${clock}`
  cachedZone = formatZone(-date.getTimezoneOffset())
}

function formatZone(minutesEast: number): string {
  const minutes = Math.abs(minutesEast)
  return `${minutesEast < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`
}
