// What the exporter takes and gives, into an InfluxDB 1.x that this program starts: its speed beside one request per point, its
// memory, and an hour of faults at speed. `node measure.js [speed|memory|faults]…`; without a name all of them.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureFaults } from './faults.js'
import { measureMemory } from './memory.js'
import { measureSpeed } from './speed.js'

const measurements = { speed: measureSpeed, memory: measureMemory, faults: measureFaults }
const names = process.argv.slice(2)
for (const [name, measure] of Object.entries(measurements)) {
  if (names.length > 0 && !names.includes(name)) continue
  const folder = await mkdtemp(join(tmpdir(), `packet-logs-influxdb-${name}-`))
  try {
    await measure(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
