import type { Command } from 'commander'
import type { Define } from './define.ts'
export const addRunsCommands = (_program: Command, _define: Define): void => undefined
