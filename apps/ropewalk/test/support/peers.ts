import { existsSync } from 'node:fs'
import path from 'node:path'
import { suits } from './needs.ts'

const PEERS = path.resolve(import.meta.dirname, '../../../../peers')

/** Agents of other makes that some tests let speak with this program, by the file that Node runs. */
const PROGRAMS = { codex: 'node_modules/@openai/codex/bin/codex.js' } as const

export type Peer = keyof typeof PROGRAMS

export const getPeerProgram = (peer: Peer): string => path.join(PEERS, peer, PROGRAMS[peer])

/** Whether a peer was installed: `describe.skipIf(!hasPeer('codex'))`. A missing one is noted with what brings it. */
export const hasPeer = (peer: Peer): boolean =>
  suits(existsSync(getPeerProgram(peer)), `${peer} is not installed (npm ci --prefix peers/${peer})`)
