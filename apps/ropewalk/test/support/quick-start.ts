// Given to Node with --import, for programs of tests that load our sources without main.ts.
import { resolveDrizzle } from '../../src/cli/resolve-drizzle.ts'

resolveDrizzle()
