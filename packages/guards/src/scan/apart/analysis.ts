import type { Finding } from '../finding.ts'

/** One text to look at; `name` is where it lies. */
export type ForeignText = { readonly name: string; readonly text: string }

/** Findings, or findings and what else was read, as plain data. */
export type Analysed = readonly Finding[] | { readonly findings: readonly Finding[]; readonly data: unknown }

/** What a module that runs in a process of its own exports as `analyse`. */
export type Analysis = (text: ForeignText) => Promise<Analysed> | Analysed

/** `problem` says why the text could not be looked at; null where it could. */
export type Answer = {
  readonly findings: readonly Finding[]
  readonly data: unknown
  readonly problem: string | null
}
