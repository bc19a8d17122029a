import { defineConfig } from 'vitest/config'

const folders = ['apps/ropewalk', 'packages/*']
const notOurs = ['**/node_modules/**', '**/fixtures/**']

function files(ending: string): string[] {
  return folders.map((folder) => `${folder}/test/**/*${ending}`)
}

/** How long something that must come about is waited for: longer than it takes beside ten other programs. */
const PATIENCE_MS = 60_000

// The suffix of a test file says what it costs: none, .pg (needs Postgres), .e2e (starts the program).
export default defineConfig({
  test: {
    passWithNoTests: true,
    // Two cores are what a small machine has; more workers only make time-outs there.
    maxWorkers: 2,
    expect: { poll: { timeout: PATIENCE_MS } },
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: [...files('.test.ts'), 'bench/*.test.ts', 'scripts/*.test.ts'],
          exclude: [...notOurs, '**/*.pg.test.ts', '**/*.e2e.test.ts'],
          testTimeout: PATIENCE_MS,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'pg',
          include: files('.pg.test.ts'),
          exclude: notOurs,
          globalSetup: ['apps/ropewalk/test/support/postgres-global.ts'],
          testTimeout: 3 * PATIENCE_MS,
          hookTimeout: 3 * PATIENCE_MS,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: files('.e2e.test.ts'),
          exclude: notOurs,
          globalSetup: ['apps/ropewalk/test/support/database-template-global.ts'],
          testTimeout: 5 * PATIENCE_MS,
          hookTimeout: 5 * PATIENCE_MS,
          sequence: { groupOrder: 2 },
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts', 'apps/ropewalk/src/**/*.ts'],
      reporter: ['text-summary', 'json-summary'],
      reportsDirectory: 'coverage',
      reportOnFailure: true,
      thresholds: { lines: 70 },
    },
  },
})
