export { ConfigError, type ConfigErrorCode, type ConfigProblem } from './errors.js'
export { type LoadConfigOptions, loadConfig } from './load-config.js'
export { type ParseConfigOptions, parseConfig } from './parse-config.js'
