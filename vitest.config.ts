import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Workspace packages resolve to their sources, so that tests need no build of a sibling.
  ssr: { resolve: { conditions: ['@packet-logs/source', 'module', 'node', 'development|production'] } },
  test: {
    include: [
      '{packages,apps}/*/{src,test}/**/*.test.ts',
      '{lab,demo,bench}/{src,test}/**/*.test.ts',
      'scripts/**/*.test.ts'
    ],
    environment: 'node',
    // Many tests wait for processes and timers; two at a time fit even the smallest machine.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 20_000,
    hookTimeout: 30_000
  }
})
