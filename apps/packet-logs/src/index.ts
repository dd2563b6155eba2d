export { type Config, type ConfigInput, configSchema } from './config/config.js'
export { type DaemonOptions, runDaemon } from './daemon.js'
export {
  type PacketBatch,
  type PacketStation,
  type PublishOptions,
  publishPackets,
  type Withheld
} from './publish-packets.js'
export type { Ready } from './readiness.js'
