import type { Command } from 'commander'
import type { Define } from './define.ts'
export const addRecordCommands = (_program: Command, _define: Define): void => undefined
