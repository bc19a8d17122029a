import type { PolicyView } from '@ropewalk/core/contract/api/policy'
import { parseRetention } from '@ropewalk/core/policy/policy'
import type { CommonFlags } from '../settings.ts'
import type { Terminal } from '../terminal.ts'
import { EXIT, makeTrouble } from '../trouble.ts'
import { withApi } from '../with-api.ts'

export type PolicyFlags = CommonFlags & {
  readonly retention?: string
  readonly redaction?: 'on' | 'off'
  readonly reason: string
}

const tell = (terminal: Terminal, flags: CommonFlags, { retention, redaction }: PolicyView): number => {
  if (flags.json === true) terminal.out(JSON.stringify({ retention, redaction }))
  else {
    const kept = retention.mode === 'permanent' ? 'for ever' : `${retention.days} days`
    terminal.out(
      `messages are kept ${kept}; the ledger and the audit for ever\nwhat looks like a secret is ${redaction ? 'masked before a message is kept' : 'kept as it was written'}`,
    )
  }
  return EXIT.ok
}

/** How long messages are kept, and what is masked in them. */
export const show = (terminal: Terminal, flags: CommonFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => tell(terminal, flags, await api.readPolicy()))

/** Changes it for the workspace. */
export const set = async (terminal: Terminal, flags: PolicyFlags): Promise<number> => {
  const { retention, redaction, reason } = flags
  if (retention === undefined && redaction === undefined) {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: 'nothing was named that is to change',
      why: 'a policy says how long messages are kept, and whether secrets in them are masked',
      next: './ropewalk policy set --retention 90d --reason "…", or --redaction on',
    })
  }
  return withApi(terminal, flags, async (api) =>
    tell(
      terminal,
      flags,
      await api.changePolicy({
        reason,
        ...(retention === undefined ? {} : { retention: parseRetention(retention) }),
        ...(redaction === undefined ? {} : { redaction: redaction === 'on' }),
      }),
    ),
  )
}
