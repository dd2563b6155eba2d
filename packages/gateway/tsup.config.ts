import type { Options } from 'tsup'
import { bundle } from '../../tsup.base.js'

const options: Options = bundle(['src/index.ts'])
export default options
