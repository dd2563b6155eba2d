export { type Io, main } from './main.js'
export { SpoolError, type SpoolErrorCode } from './spool/errors.js'
