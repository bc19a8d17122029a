import type { Review } from '@ropewalk/core/contract/documents/review'
import type { AgentJob } from '../../../../agent-runtime.ts'
import { findInputJson } from '../inputs.ts'
import { findPlace } from '../mend-pointer.ts'

export type Finding = Review['findings'][number]
export type Severity = Finding['severity']

export const find = (
  severity: Severity,
  text: string,
  cites: readonly string[],
  requirement: string | null = null,
): Finding => ({ severity, text, cites: [...cites], requirement })

/** Words that leave to the reader what counts as done. */
const VAGUE =
  /(?<![\p{L}\p{N}_-])(?:a lot|adequate(?:ly)?|and so on|appropriate(?:ly)?|as (?:needed|required|appropriate)|asap|best effort|easily|easy|efficient(?:ly)?|etc|fast|faster|few|flexible|good enough|gracefully|if possible|intuitive(?:ly)?|nice|numerous|optimal|performant|promptly|properly|quick(?:ly)?|reasonable|reasonably|relevant|robust|scalable|seamless(?:ly)?|several|smooth(?:ly)?|sometimes|sufficient(?:ly)?|suitable|timely|up to date|user[- ]friendly|usually|various|where possible)(?![\p{L}\p{N}_-])/iu

export const findVague = (text: string): string | undefined =>
  VAGUE.exec(text.replaceAll(/\b(?:how|too|as) (?:many|few)\b/giu, ' '))?.[0]

export const MARK = /\b(?:TODO|FIXME|TBD|XXX|HACK)\b|\blorem ipsum\b|<(?:insert|your) [^>]{1,40}>/u

/** Whether a citation leads to something that says something, in an input the reviewer was given. */
export const leadsNowhere = (job: AgentJob, citation: string): boolean => {
  const at = citation.indexOf('#')
  const json = findInputJson(job, citation.slice(0, at))
  // What the reviewer was not given, it cannot call missing.
  if (typeof json !== 'object' || json === null) return false
  const pointer = citation.slice(at + 1)
  const found = pointer === '' ? json : findPlace({ ...json }, pointer)?.value
  return found === undefined || found === null || (typeof found === 'string' && found.trim() === '')
}

const GRAVE: ReadonlySet<Severity> = new Set(['critical', 'high'])
const ORDER: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info']

/** A verdict by its findings: what is critical or high refuses, the rest is told. */
export const conclude = (artifact: string, looked: string, found: readonly Finding[]): Review => {
  const findings = found
    .toSorted((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity))
    .slice(0, 60)
  const grave = findings.filter(({ severity }) => GRAVE.has(severity)).length
  return {
    artifact,
    verdict: grave > 0 ? 'reject' : 'accept',
    summary: `${looked} Rules alone looked: they found ${String(findings.length)} things to say, ${String(grave)} of which refuse it. What no rule can judge, such as whether it is what was meant, nobody looked at.`,
    findings,
  }
}
