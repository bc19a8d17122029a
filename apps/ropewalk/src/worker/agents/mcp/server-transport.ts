import type { Transport } from '@modelcontextprotocol/client'

/** A way to one server, with what has to be known of it beside the messages. */
export type ServerTransport = Transport & {
  /** The end of what a program wrote to standard error; empty for a server elsewhere. */
  readonly getComplaint: () => string
  /** Whether it is a program that has ended. */
  readonly hasEnded: () => boolean
  /** Says goodbye where the protocol has a word for it; `close` comes after. Never throws. */
  readonly leave: () => Promise<void>
}

/** One message of a server, before anything of it is looked at; what agents are shown is far less. */
export const MAX_MESSAGE_BYTES = 10 * 1024 ** 2
