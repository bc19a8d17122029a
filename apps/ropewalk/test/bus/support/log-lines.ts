import { Writable } from 'node:stream'
import { pino } from 'pino'
import type { Log } from '../../../src/log.ts'

/** A log of everything, kept in memory, to look for what must or must not stand in it. */
export const makeMemoryLog = (): { readonly log: Log; readonly lines: readonly string[] } => {
  const lines: string[] = []
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString())
      done()
    },
  })
  return { log: pino({ level: 'debug' }, sink), lines }
}
