import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { findDocument } from '../documents.ts'
import { lacks, makeGuard } from '../make-guard.ts'
import { isMeasured, listDocuments } from '../text/citations.ts'
import { fact, judgeChecks, limit, share, type Check } from './checks.ts'
import { countDistinct, findRepeated } from './repeated.ts'

const CATEGORIES = ['technical', 'market', 'operational', 'security', 'legal', 'financial'] as const

/** Three risks of three categories by row DX-P03. */
const Settings = z.strictObject({
  min_risks: z.int().min(0).max(100).default(3),
  /** How many different categories, or which. */
  required_categories: z
    .union([z.int().min(0).max(CATEGORIES.length), z.array(z.enum(CATEGORIES))])
    .default(3),
  min: z.number().min(0).max(1).default(0.8),
})

type Risks = DocumentOf<'RiskRegister'>['risks']

const checkCategories = (
  risks: Risks,
  required: z.infer<typeof Settings>['required_categories'],
): Check[] => {
  const found = new Set(risks.map(({ category }) => category))
  if (typeof required !== 'number')
    return required.map((category) =>
      limit(found.has(category), `RiskRegister#/risks has no risk of category ${category}.`),
    )
  const told = `RiskRegister#/risks has ${found.size} categories (${[...found].join(', ')})`
  return [limit(found.size >= required, `${told}, expected at least ${required}.`)]
}

/** Grave findings of the critique that no risk takes up. */
const checkFindings = (risks: Risks, report: DocumentOf<'CritiqueReport'> | undefined): Check[] => {
  const cites = risks.flatMap((risk) => risk.cites)
  return (report?.findings ?? []).flatMap(({ severity, title }, index) => {
    if (severity !== 'critical' && severity !== 'high') return []
    const place = `CritiqueReport#/findings/${index}`
    const ok = cites.some((citation) => citation === place || citation.startsWith(`${place}/`))
    return [share(ok, `No risk of RiskRegister cites ${place}, the ${severity} finding "${title}".`)]
  })
}

const checkStatus = (risks: Risks, documents: ReadonlyMap<string, unknown>): Check[] =>
  risks.map(({ mitigation_status: status, cites }, index) =>
    fact(
      status !== 'validated' || isMeasured(documents, cites),
      `RiskRegister#/risks/${index}/mitigation_status is validated, but the risk cites nothing that was measured.`,
    ),
  )

/** Enough different risks of different kinds, none said to be mended without proof, each grave finding taken up. */
export const guard = makeGuard({
  name: 'risk-coverage',
  version: '1.0.0',
  settings: Settings,
  judge: (input, settings) => {
    const register = findDocument(input, 'RiskRegister')
    if (register === undefined) return lacks('RiskRegister')
    const { risks } = register
    const texts = risks.map(({ title, description }) => `${title}. ${description}`)
    const distinct = countDistinct(texts)
    const checks = [
      limit(
        distinct >= settings.min_risks,
        `RiskRegister#/risks names ${distinct} different risks, expected at least ${settings.min_risks}.`,
      ),
      ...checkCategories(risks, settings.required_categories),
      ...findRepeated('RiskRegister#/risks', texts),
      ...findRepeated(
        'RiskRegister#/risks/*/mitigation',
        risks.map(({ mitigation }) => mitigation),
      ),
      ...checkFindings(risks, findDocument(input, 'CritiqueReport')),
      ...checkStatus(risks, listDocuments(input)),
    ]
    return judgeChecks(checks, settings.min, { risks: risks.length, distinct })
  },
})
