import type { DocumentOf } from '../contract/documents.ts'
import type { SeverityCounts } from '../contract/documents/shared.ts'
import { type Block, entry, fields, list, paragraph, part, restsOn, table, title } from './blocks.ts'
import { getWords } from './generic.ts'
import { renderMeasured } from './measured.ts'

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const

const countLine = (counts: SeverityCounts): string =>
  SEVERITIES.filter((severity) => counts[severity] > 0)
    .map((severity) => `${String(counts[severity])} ${severity}`)
    .join(', ') || 'none'

/** `iac` and the like are names of agents; a reader gets words. */
const SECTIONS: Readonly<Record<DocumentOf<'SecurityPack'>['sections'][number]['section'], string>> = {
  secrets: 'Secrets',
  sca: 'Dependencies',
  sast: 'Static checks of the code',
  iac: 'Infrastructure as code',
  container: 'Containers',
  privacy: 'Privacy',
  'threat-model': 'Threat model',
  dast: 'Checks of the running service',
  'supply-chain': 'Supply chain',
  waivers: 'Waivers',
}

/** The ten sections, honest about those that nobody could look at. */
export const renderSecurityPack = (pack: DocumentOf<'SecurityPack'>): Block[] => [
  title('Security pack'),
  ...renderMeasured(pack),
  table(
    ['Section', 'Status', 'Findings', 'Artifact', 'Why'],
    pack.sections.map((one) => [
      SECTIONS[one.section],
      one.status === 'none' ? 'nothing to look at' : one.status,
      one.status === 'done' ? countLine(one.counts) : '–',
      one.artifact === null ? '–' : `${one.artifact}${one.digest === null ? '' : ` (${one.digest})`}`,
      one.reason ?? '–',
    ]),
  ),
  paragraph(`All findings: ${countLine(pack.counts)}.`),
  ...part(
    'Waivers',
    ...(pack.waivers.length === 0
      ? [paragraph('None.')]
      : pack.waivers.flatMap((one) => [
          entry(`${one.rubric} (${one.status})`),
          paragraph(one.justification),
          fields({
            Owner: one.owner,
            'What protects meanwhile': one.compensating_control,
            'Ends at': one.expires_at,
          }),
        ])),
  ),
]

type Scan = DocumentOf<'SastReport'> | DocumentOf<'VulnerabilityScan'>

/** The findings of a scanner, gravest first. */
export const renderScan =
  (name: string) =>
  (scan: Scan): Block[] => [
    title(name),
    ...renderMeasured(scan),
    ...(scan.parts.length === 0
      ? []
      : [
          table(
            ['Part', 'Tool', 'Outcome', 'Why'],
            scan.parts.map((one) => [
              one.part,
              `${one.tool} ${one.toolVersion}`,
              one.outcome,
              one.reason ?? '–',
            ]),
          ),
        ]),
    ...(scan.notes.length === 0 ? [] : [list(scan.notes)]),
    ...part(
      'Findings',
      table(
        ['Severity', 'Finding', 'Rule', 'Where', 'Fix'],
        scan.findings
          .toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
          .map((one) => [
            one.severity,
            one.title,
            one.rule,
            [one.file, one.line, one.package].filter((where) => where !== null).join(' '),
            one.fix ?? '–',
          ]),
      ),
    ),
    ...('dependencies' in scan
      ? part(
          'Dependencies',
          table(
            ['Package', 'Version', 'Scope', 'Licence'],
            scan.dependencies.map((one) => [
              one.name,
              one.version ?? '–',
              one.scope,
              one.license ?? 'unknown',
            ]),
          ),
        )
      : []),
  ]

/** Threats with what answers them and what is left. */
export const renderThreatModel = (model: DocumentOf<'ThreatModel'>): Block[] => [
  title('Threat model'),
  paragraph(model.summary),
  ...part(
    'What is worth protecting',
    list(model.assets.map(({ name, worth, cites }) => `${name}: ${worth}${restsOn(cites)}`)),
  ),
  ...part(
    'Threats',
    table(
      ['Threat', 'Kind', 'Component', 'Likelihood × impact', 'Controls', 'Left over'],
      model.threats.map((one) => [
        `${one.id} ${one.title}`,
        getWords(one.stride),
        one.component,
        `${String(one.likelihood)} × ${String(one.impact)}`,
        one.controls.join(', ') || 'none',
        one.residual_risk,
      ]),
    ),
    ...model.threats.flatMap((one) => [
      entry(`${one.id}: ${one.title}`, one.id),
      paragraph(`${one.description}${restsOn(one.cites)}`),
      paragraph(`Left over: ${one.residual_risk}. ${one.residual_reason}`),
    ]),
  ),
]
