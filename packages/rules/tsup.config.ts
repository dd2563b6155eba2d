import type { Options } from 'tsup'
import { bundle } from '../../tsup.base.js'

const options: Options = bundle(['src/index.ts', 'src/actions/index.ts', 'src/files/index.ts'])
export default options
