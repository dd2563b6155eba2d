import type { Options } from 'tsup'
import { bundlePrivate } from '../tsup.base.js'

const options: Options = bundlePrivate([
  'src/index.ts',
  'src/record-capture.ts',
  'src/traffic/internet.ts',
  'src/traffic/phone.ts',
  'src/traffic/recorder.ts'
])
export default options
