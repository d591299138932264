import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^seedfall$/, replacement: at('sim/index.ts') },
      { find: /^seedfall\/check$/, replacement: at('sim/check/index.ts') },
      { find: /^seedfall\/vitest$/, replacement: at('sim/run/vitest.ts') },
      { find: /^seedfall\/fast-check$/, replacement: at('sim/run/fast-check.ts') },
      { find: /^seedfall\/testing$/, replacement: at('sim/run/testing.ts') },
      { find: /^seedfall\/real$/, replacement: at('sim/real/index.ts') },
      { find: /^seedfall\/scenarios$/, replacement: at('scenarios/index.ts') },
      { find: /^seedfall\/raft$/, replacement: at('systems/raft/index.ts') },
      { find: /^seedfall\/raft-model$/, replacement: at('invariants/raft/core-model.ts') },
      { find: /^seedfall\/broker$/, replacement: at('systems/broker/index.ts') },
      { find: /^seedfall\/kv$/, replacement: at('systems/kv/index.ts') },
      { find: /^seedfall\/orchestrator$/, replacement: at('systems/orchestrator/index.ts') },
      { find: /^seedfall\/orchestrator-models$/, replacement: at('invariants/orchestrator/models/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/property-seed.ts'],
    testTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
