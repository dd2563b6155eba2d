import { describe } from 'vitest'

/** Set by the test command, which runs all tests inside a network namespace of their own. */
const privateNamespaceVariable = 'PACKET_LOGS_PRIVATE_NETNS'

/**
 * Declares tests that talk to the kernel (nft, NFLOG, links) and therefore need a private network namespace.
 * Without one they are skipped with a message on a laptop, and fail in CI.
 */
export function describeWithKernel(name: string, tests: () => void): void {
  if (process.env[privateNamespaceVariable]) {
    describe(name, tests)
    return
  }
  const message = `${name}: needs a private network namespace; run \`npm test\`, which makes one`
  if (process.env['CI']) throw new Error(message)
  process.stderr.write(`SKIPPED ${message}\n`)
  describe.skip(name, tests)
}
