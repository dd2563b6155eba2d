export { createGlob } from './glob.js'
export { type LookUp, lookUpsIn } from './look-ups.js'
export { type Io, main } from './main.js'
