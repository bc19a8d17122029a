import type { DossierManifest, Measurement, PictureRecord } from '@ropewalk/core/dossier/manifest'
import {
  badge,
  heading,
  link,
  more,
  note,
  quiet,
  table,
  text,
  type Line,
  type Section,
  type View,
} from '../view.ts'
import { count, getTone, shortCommit, usd } from '../words.ts'
import { showCommit } from './overview.ts'

const SECTIONS: Readonly<Record<DossierManifest['security'][number]['section'], string>> = {
  secrets: 'Secrets in the code',
  sca: 'Known weaknesses of dependencies',
  sast: 'Code that invites attack',
  iac: 'Infrastructure files',
  container: 'Container files',
  privacy: 'Privacy',
  'threat-model': 'Threat model',
  dast: 'Attacks on the running service',
  'supply-chain': 'Bill of materials and provenance',
  waivers: 'Security waivers',
}

const STATUS = {
  done: 'looked at',
  none: 'nothing of the kind',
  'not-run': 'not run',
  missing: 'missing',
} as const

const showCounts = ({ counts, status }: DossierManifest['security'][number]): Line => {
  if (status !== 'done') return [quiet('–')]
  const found = (['critical', 'high', 'medium', 'low', 'info'] as const).filter(
    (severity) => counts[severity] > 0,
  )
  if (found.length === 0) return [badge('good', 'none')]
  const isBad = counts.critical + counts.high > 0
  return [badge(isBad ? 'bad' : 'gap', found.map((severity) => `${counts[severity]} ${severity}`).join(', '))]
}

const listRescans = ({ evidence, run, security }: DossierManifest): View[] => {
  const scans = evidence.filter(
    ({ guard, isOfAccepted }) => isOfAccepted === true && (guard === 'scan' || guard === 'secrets'),
  )
  const earlier = [
    ...new Set(
      security.flatMap(({ revision, isOfAccepted }) =>
        isOfAccepted === false && revision !== null ? [shortCommit(revision)] : [],
      ),
    ),
  ]
  if (run.commit === null || earlier.length === 0) return []
  const lead = `Security looked at commit ${earlier.join(', ')}; later phases changed the code, and commit ${shortCommit(run.commit)} was accepted.`
  if (scans.length === 0) return [note('gap', `${lead} No scan was repeated on it.`)]
  return [
    text(`${lead} These scans were run again on the accepted code:`),
    table(
      'Scans of the accepted code',
      ['Outcome', 'Rubric', 'Phase', 'Tool', 'Commit'],
      scans.map((scan) => ({
        cells: [
          [badge(getTone(scan.outcome), scan.outcome), ' ', link(scan.file, 'report')],
          [scan.rubric],
          [scan.phase],
          [`${scan.tool} ${scan.toolVersion}`],
          showCommit(scan.revision, scan.isOfAccepted),
        ],
      })),
    ),
  ]
}

/** The security pack in its ten sections, each with the commit its findings speak of, and what was scanned again. */
export const makeSecurity = (manifest: DossierManifest): Section => ({
  id: 'security',
  title: 'Security',
  views: [
    table(
      'The ten sections of the security pack',
      ['Section', 'Status', 'Findings', 'Speaks of', 'With'],
      manifest.security.map((section) => ({
        cells: [
          section.document === null
            ? [SECTIONS[section.section]]
            : [link(section.document, SECTIONS[section.section])],
          [
            badge(
              section.status === 'done' ? 'good' : section.status === 'none' ? 'plain' : 'gap',
              STATUS[section.status],
            ),
            section.reason === null ? '' : ` ${section.reason}`,
          ],
          showCounts(section),
          section.revision === null
            ? [quiet(section.document === null ? '–' : 'documents')]
            : showCommit(section.revision, section.isOfAccepted),
          [section.tool ?? '–', section.simulated ? quiet(' simulated') : ''],
        ],
      })),
    ),
    ...listRescans(manifest),
  ],
})

const TOPICS: Readonly<Record<Measurement['topic'], string>> = {
  tests: 'Tests',
  coverage: 'Coverage',
  performance: 'Speed',
  load: 'Load',
  accessibility: 'Accessibility',
  compatibility: 'Compatibility',
  canary: 'Canary',
}

const showFigures = ({ outcome, reason, figures }: Measurement): Line =>
  outcome === 'not-run'
    ? [badge('gap', 'not run'), ` ${reason ?? 'no reason given'}`]
    : figures.flatMap(({ name, value, tone }, index): Line => [
        index === 0 ? '' : '; ',
        `${name}: `,
        tone === 'plain' ? value : badge(tone, value),
      ])

/** What tools measured, in figures, each with the commit it was measured at. */
export const makeMeasured = ({ measurements }: DossierManifest): Section => ({
  id: 'measured',
  title: 'Measured',
  views: [
    table(
      'Tests, coverage, speed, load, accessibility, compatibility, canary',
      ['What', 'Figures', 'Commit', 'With'],
      measurements.map((one) => ({
        cells: [
          [link(one.document, `${TOPICS[one.topic]}: ${one.artifact}`)],
          showFigures(one),
          showCommit(one.revision, one.isOfAccepted),
          [one.tool],
        ],
      })),
      'Nothing was measured.',
    ),
  ],
})

const makePair = (page: string, width: number, shots: readonly PictureRecord[]): View[] => [
  heading(3, `${page} at ${width} pixels`),
  {
    type: 'shots',
    caption: `${page} at ${width} pixels, before and after`,
    items: shots
      .toSorted((a, b) => (a.moment === b.moment ? 0 : a.moment === 'before' ? -1 : 1))
      .map(({ file, moment, height, revision }) => ({
        file,
        alt: `Screenshot of ${page} at ${width} pixels, ${moment} the aesthetic phase`,
        caption: `${moment === 'before' ? 'Before' : 'After'}${revision === null ? '' : `, commit ${shortCommit(revision)}`}`,
        width,
        height,
      })),
  },
]

/** The running service in pictures, before beside after, at each width. */
export const makePictures = ({ pictures }: DossierManifest): Section => {
  const groups = [...Map.groupBy(pictures, ({ page, width }) => JSON.stringify([width, page])).values()]
  return {
    id: 'pictures',
    title: 'How it looks',
    views:
      groups.length === 0
        ? [text('No pictures were taken: there was no browser, or nothing to look at.')]
        : groups
            .toSorted(
              (a, b) =>
                (a[0]?.page ?? '').localeCompare(b[0]?.page ?? '', 'en') ||
                (a[0]?.width ?? 0) - (b[0]?.width ?? 0),
            )
            .flatMap((group) => makePair(group[0]?.page ?? '', group[0]?.width ?? 0, group)),
  }
}

/** What a release consists of, in the order a reader wants it. */
const RELEASE = [
  ['ReleaseNotes', 'What is in it, and what is known to be missing'],
  ['Documentation', 'How to use it'],
  ['OpenAPI', 'Its interface, operation by operation'],
  ['Changelog', 'What changed'],
  ['DeploymentPlan', 'How it is put into service, with the rules that stop a canary'],
  ['RollbackPlan', 'How it is taken back'],
  ['DeploymentReport', 'What happened when it was started'],
  ['CanaryResults', 'How the new version did beside the old one'],
  ['MonitoringDashboard', 'What is watched'],
] as const

/** The release in documents: notes, interface, deployment, rollback, canary. */
export const makeRelease = ({ documents }: DossierManifest): Section => ({
  id: 'release',
  title: 'Release',
  views: [
    table(
      'What a release consists of',
      ['Document', 'What it says'],
      RELEASE.map(([name, about]) => {
        const found = documents.find((document) => document.name === name && document.isNewest)
        return {
          cells: [
            found === undefined
              ? [name, ' ', badge('gap', 'missing')]
              : [link(found.html, found.title), ' ', found.simulated ? quiet('simulated') : ''],
            [about],
          ],
        }
      }),
    ),
  ],
})

/** Every document of every phase, as people read it. */
export const makeDocuments = ({ documents, phases }: DossierManifest): Section => ({
  id: 'documents',
  title: 'Documents',
  views: phases.flatMap(({ phase, title }) => {
    const own = documents.filter((document) => document.phase === phase)
    return own.length === 0
      ? []
      : [
          more(
            [`${title} `, quiet(own.map(({ name }) => name).join(', '))],
            [
              table(
                `Documents of ${title}`,
                ['Document', 'Version', 'Made by', 'Also as'],
                own.map((document) => ({
                  cells: [
                    [
                      link(document.html, document.title),
                      document.title === document.name ? '' : quiet(` ${document.name}`),
                    ],
                    [
                      String(document.version),
                      document.isNewest ? '' : quiet(', a later phase made a newer one'),
                      ...document.older.flatMap((older): Line => [
                        ', ',
                        link(older.html, String(older.version)),
                      ]),
                    ],
                    [document.maker, document.simulated ? quiet(' simulated') : ''],
                    [link(document.markdown, 'Markdown'), ', ', link(document.json, 'JSON')],
                  ],
                })),
              ),
            ],
          ),
        ]
  }),
})

type Cost = DossierManifest['cost']

/** A range with its likely middle; one number where both ends are the same. */
const showTokens = ({
  lowTokens,
  tokens,
  highTokens,
}: Cost['estimate'] | NonNullable<Cost['phases'][number]['estimate']>): string =>
  lowTokens === highTokens
    ? number(tokens)
    : `${number(tokens)} (${number(lowTokens)} to ${number(highTokens)})`

const showMicros = ({
  lowMicros,
  highMicros,
}: {
  readonly lowMicros: number
  readonly highMicros: number
}): string => (lowMicros === highMicros ? usd(highMicros) : `${usd(lowMicros)} to ${usd(highMicros)}`)

const number = (value: number): string => value.toLocaleString('en-US')

const BASES: Readonly<Record<string, string>> = {
  none: 'a run without a model is free',
  playbook: 'from the budgets of the playbook',
  runs: 'from past runs of this workspace',
  mixed: 'from past runs of this workspace, else from the playbook',
}

/** What was expected and what it came to, phase by phase. */
export const makeCost = ({ cost }: DossierManifest): Section => {
  const { estimate, phases, rows } = cost
  const hasEstimates = phases.some((phase) => phase.estimate !== null)
  return {
    id: 'cost',
    title: 'Cost',
    views: [
      text(
        `${usd(cost.spentMicros)} of at most ${usd(cost.capMicros)}, ${count(cost.tokens, 'token')}. Estimated before the run: ${showMicros(estimate)}, ${showTokens(estimate)} tokens, ${BASES[estimate.basis] ?? estimate.basis}.`,
      ),
      ...(cost.tokens === 0 && !hasEstimates
        ? []
        : [
            table(
              'Estimate beside what was spent',
              ['Phase', 'Tokens estimated', 'Tokens used', 'Price estimated', 'Price', 'Model calls'],
              phases.map((phase) => ({
                cells: [
                  [phase.phase],
                  [phase.estimate === null ? '–' : showTokens(phase.estimate)],
                  [number(phase.tokens)],
                  [phase.estimate === null ? '–' : showMicros(phase.estimate)],
                  [usd(phase.micros)],
                  [String(phase.calls)],
                ],
              })),
            ),
          ]),
      ...(rows.length === 0
        ? []
        : [
            more(
              ['By model'],
              [
                table(
                  'Calls by phase and model',
                  ['Phase', 'Model', 'Calls', 'Tokens in', 'Tokens out', 'Price'],
                  rows.map((row) => ({
                    cells: [
                      [row.phase],
                      [row.model],
                      [String(row.calls)],
                      [number(row.inputTokens)],
                      [number(row.outputTokens)],
                      [
                        usd(row.micros),
                        row.assumedMicros > 0 ? quiet(` ${usd(row.assumedMicros)} assumed`) : '',
                      ],
                    ],
                  })),
                ),
              ],
            ),
          ]),
    ],
  }
}

/** Every file of the folder, with what it is. */
export const makeFiles = ({ files }: DossierManifest): Section => ({
  id: 'files',
  title: 'Files',
  views: [
    more(
      [`All ${count(files.length, 'file')} of this folder`],
      [
        table(
          'Files, each listed in index.json by its digest',
          ['File', 'What it is'],
          files.map(({ path, about }) => ({ cells: [[link(path, path)], [about]] })),
        ),
      ],
    ),
  ],
})
