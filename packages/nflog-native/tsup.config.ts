import type { Options } from 'tsup'
import { bundle } from '../../tsup.base.js'

const options: Options = bundle(['src/index.ts', 'src/unix-datagram.ts', 'src/testing/index.ts'])
export default options
