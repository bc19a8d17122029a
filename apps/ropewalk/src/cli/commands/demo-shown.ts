import type { CloudEvent } from '@ropewalk/core/contract/api/events'

const plural = (number: number, one: string, many: string): string =>
  `${String(number)} ${number === 1 ? one : many}`

const getText = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Gates that refused a phase which passed in a later round. */
const listMended = (events: readonly CloudEvent[]): string[] => {
  const passed = events.filter(({ type }) => type === 'phase.gate.passed')
  return events.flatMap(({ type, data }) => {
    const later = passed.find((gate) => gate.data['phase'] === data['phase'])
    if (type !== 'phase.gate.failed' || later === undefined) return []
    return [
      `the gate of ${getText(data['phase'])} refused round ${String(data['round'])}, and passed round ${String(later.data['round'])} once it was mended`,
    ]
  })
}

/** Waivers that came into force: what they let pass, and until when. */
const listWaivers = (events: readonly CloudEvent[]): string[] =>
  events.flatMap(({ type, data }) => {
    if (type !== 'waiver.activated') return []
    const asked = events.find(
      (event) => event.type === 'waiver.requested' && event.data['waiverId'] === data['waiverId'],
    )
    return [
      `a waiver that the playbook declares: ${getText(asked?.data['rubric'])} of ${getText(data['phase'])}, until ${getText(data['expiresAt']).slice(0, 10)}`,
    ]
  })

/** What a run's history shows of what the demo is there to show, in words; nothing that did not happen. */
export const listShown = (events: readonly CloudEvent[], wasKilled: boolean): string[] => {
  const phases = events.filter(({ type }) => type === 'phase.gate.passed')
  const assumed = events.filter(
    ({ type, data }) => type === 'CLARIFICATION.ANSWER_PROVIDED' && data['decidedKind'] === 'policy',
  )
  const lost = events.filter(({ type, data }) => type === 'task.attempt_ended' && data['outcome'] === 'lost')
  return [
    `${plural(phases.length, 'gate', 'gates')} passed, each with evidence that the engine made itself`,
    ...(assumed.length > 0
      ? [`${plural(assumed.length, 'question', 'questions')} that policy decided at the deadline`]
      : []),
    ...listMended(events),
    ...listWaivers(events),
    ...(wasKilled
      ? [
          `a kill -9, after which ${plural(lost.length, 'task', 'tasks')} in hand ${lost.length === 1 ? 'was' : 'were'} done again and nothing else was`,
        ]
      : []),
  ]
}
