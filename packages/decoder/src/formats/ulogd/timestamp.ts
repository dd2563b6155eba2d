const two = (value: number): string => String(value).padStart(2, '0')

/** Local time as ulogd prints it, `2023-11-14T22:13:20.123456+0100`; on a machine in UTC newer ones leave the zone out. */
export function formatLocalTime(timestampUs: number): string {
  const second = Math.floor(timestampUs / 1_000_000)
  const date = new Date(second * 1000)
  const day = `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  const fraction = String(timestampUs - second * 1_000_000).padStart(6, '0')
  return `${day}T${clock}.${fraction}${formatZone(-date.getTimezoneOffset())}`
}

function formatZone(minutesEast: number): string {
  const minutes = Math.abs(minutesEast)
  return `${minutesEast < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`
}
