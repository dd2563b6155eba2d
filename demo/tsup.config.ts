import type { Options } from 'tsup'
import { bundle } from '../tsup.base.js'

const options: Options = bundle([
  'src/index.ts',
  'src/record-capture.ts',
  'src/traffic/internet.ts',
  'src/traffic/phone.ts',
  'src/traffic/recorder.ts'
])
export default options
