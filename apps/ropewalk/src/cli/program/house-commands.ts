import type { Command } from 'commander'
import type { Define } from './define.ts'
export const addHouseCommands = (_program: Command, _define: Define): void => undefined
