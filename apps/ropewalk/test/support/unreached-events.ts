/** Types of events that no test brings about in a ledger, each with the reason. The whole run holds it to be true. */
export const UNREACHED_EVENTS: Readonly<Record<string, string>> = {
  'phase.stalled':
    'A contract that nothing tells yet: a stalled task loses its lease, which ends its attempt.',
}
