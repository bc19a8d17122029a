import { isAbsolute } from 'node:path'
import { z } from 'zod'
import type { ToolInput } from '../tool.ts'
import type { Scan } from './finding.ts'

const AbsolutePath = z
  .string()
  .max(1000)
  .refine((path) => isAbsolute(path) && !path.includes('\0'), 'expected an absolute path')

/** Settings that all scanners share. Everything has a default. */
export const ScanSettings = z.strictObject({
  /** Where a scanner's program lies when it is in no usual folder: `{ gitleaks: '/opt/scan/gitleaks' }`. */
  programs: z.record(z.string().max(60), AbsolutePath).default({}),
  /** Folders with advisories that a person fetched before; without one nobody can look advisories up offline. */
  databases: z.strictObject({ osv: AbsolutePath.optional(), trivy: AbsolutePath.optional() }).default({}),
  /** A file or folder of rules for semgrep, which has none of its own without a network. */
  semgrep_rules: AbsolutePath.optional(),
  /** An image archive (`docker save`) to scan with trivy. */
  image: AbsolutePath.optional(),
  licences: z
    .strictObject({
      /** Licences a dependency may have; where this is empty, all that `deny` does not name. */
      allow: z.array(z.string().max(200)).max(200).default([]),
      deny: z
        .array(z.string().max(200))
        .max(200)
        .default(['AGPL-*', 'GPL-*', 'SSPL-*', 'BUSL-*', 'CC-BY-NC-*', 'UNLICENSED']),
      /** Whether development dependencies are judged as well. */
      development: z.boolean().default(false),
    })
    .prefault({}),
  /** For one run of one program. */
  timeout_ms: z.int().min(100).max(3_600_000).default(120_000),
})
export type ScanSettings = z.infer<typeof ScanSettings>

/** Text of the run that is no file of the checkout: a document, say. */
export type ScanText = { readonly name: string; readonly bytes: Buffer }

export type ScanInput = Pick<ToolInput, 'scratch' | 'runConfined' | 'now'> & {
  /** The checkout; null where only documents are scanned. */
  readonly dir: string | null
  readonly texts: readonly ScanText[]
  readonly settings: ScanSettings
}

/** Looks at one commit. Never throws over what the commit holds: what could not be read is a finding. */
export type Scanner = (input: ScanInput) => Promise<Scan>
