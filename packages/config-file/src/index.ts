export { ConfigError, type ConfigErrorCode, type ConfigProblem } from './errors.js'
export { formatConfig } from './format-config.js'
export { type LoadConfigOptions, loadConfig } from './load-config.js'
export { type ParseConfigOptions, parseConfig } from './parse-config.js'
