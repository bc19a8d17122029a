import type { DossierManifest, ReviewRecord } from '@ropewalk/core/dossier/manifest'
import {
  badge,
  heading,
  link,
  list,
  more,
  quiet,
  table,
  text,
  type Line,
  type Section,
  type View,
} from '../view.ts'
import { count, getTone, instant } from '../words.ts'

type Waiver = DossierManifest['waivers'][number]

const showApproval = ({ approvals, declared, selfApproved, decidedBy, requestedBy }: Waiver): Line => {
  const by = approvals.map(({ by: who, at }) => `${who}, ${instant(at)}`).join('; ')
  if (declared) return ['declared in the playbook', by === '' ? '' : ` (${by})`]
  if (by === '')
    return [
      decidedBy === null ? quiet('nobody yet') : `decided by ${decidedBy}`,
      `, asked for by ${requestedBy}`,
    ]
  return [
    `${by}, asked for by ${requestedBy} `,
    ...(selfApproved ? [badge('gap', 'approved by whoever asked')] : []),
  ]
}

const makeWaiver = (waiver: Waiver): View[] => [
  heading(3, `${waiver.rubric} in ${waiver.phase}: ${waiver.status}`, `waiver-${waiver.id}`),
  {
    type: 'facts',
    items: [
      {
        name: 'Status',
        line: [
          badge(getTone(waiver.status), waiver.status),
          waiver.reason === null ? '' : ` ${waiver.reason}`,
        ],
      },
      { name: 'What fails', line: [waiver.details] },
      { name: 'Owner', line: [waiver.owner] },
      { name: 'Reason', line: [waiver.justification] },
      { name: 'In its place', line: [waiver.compensatingControl] },
      {
        name: 'Until',
        line: [waiver.expiresAt === null ? `${waiver.days} days from approval` : instant(waiver.expiresAt)],
      },
      { name: 'Approved by', line: showApproval(waiver) },
    ],
  },
]

/** Every waiver with owner, reason, what holds in its place, expiry and who approved it. */
export const makeWaivers = ({ waivers }: DossierManifest): Section => ({
  id: 'waivers',
  title: 'Waivers',
  views: waivers.length === 0 ? [text('None was asked for.')] : waivers.flatMap(makeWaiver),
})

const INDEPENDENCE = {
  model: ['good', 'another model'],
  identity: ['plain', 'same model, another identity'],
  none: ['bad', 'not independent'],
  unknown: ['plain', 'independence unknown'],
} as const

const makeReview = (review: ReviewRecord): View => {
  const [tone, words] = INDEPENDENCE[review.independence]
  const { findings, reviewer, reviewerModel, authors, authorModel } = review
  return more(
    [
      badge(getTone(review.verdict), review.verdict),
      ` ${review.artifact} version ${review.version} by ${reviewer} `,
      quiet(`${count(findings.length, 'finding')}${review.isLast ? '' : ', of an earlier version'}`),
    ],
    [
      {
        type: 'facts',
        items: [
          { name: 'Reviewer', line: [`${reviewer} `, quiet(reviewerModel)] },
          { name: 'Author', line: [`${authors.join(', ') || 'unknown'} `, quiet(authorModel)] },
          { name: 'Independence', line: [badge(tone, words)] },
          { name: 'Says', line: [`${review.summary} `, link(review.document, 'The whole review')] },
        ],
      },
      ...(findings.length === 0
        ? []
        : [
            list(
              findings.map(({ severity, text: said, cites }) => [
                badge(severity === 'critical' || severity === 'high' ? 'bad' : 'plain', severity),
                ` ${said} `,
                quiet(cites.join(', ')),
              ]),
            ),
          ]),
    ],
  )
}

/** Who reviewed whose work, how independent they are, and what they found; the newest of each first. */
export const makeReviews = ({ reviews }: DossierManifest): Section => ({
  id: 'reviews',
  title: 'Reviews',
  views:
    reviews.length === 0
      ? [text('Nobody reviewed anything: no phase of this run asked for a review and got one.')]
      : [...reviews.filter(({ isLast }) => isLast), ...reviews.filter(({ isLast }) => !isLast)].map(
          makeReview,
        ),
})

const showDecision = (question: DossierManifest['questions'][number]): Line => {
  const { status, decidedKind, decidedBy, decidedAt } = question
  if (decidedKind === null) return [badge('gap', status)]
  const who = decidedKind === decidedBy ? decidedKind : `${decidedKind} ${decidedBy ?? ''}`.trim()
  return [
    status === 'assumed' ? badge('gap', 'taken by default') : badge('plain', status),
    ` ${who}`,
    decidedAt === null ? '' : quiet(` ${instant(decidedAt)}`),
  ]
}

/** What was asked, what was answered, and by whom. */
export const makeQuestions = ({ questions }: DossierManifest): Section => ({
  id: 'questions',
  title: 'Questions and who decided',
  views: [
    table(
      'Questions of the run',
      ['Question', 'Answer', 'Decided by'],
      questions.map((question) => ({
        id: `question-${question.id}`,
        cells: [
          [
            `${question.text} `,
            quiet(
              `${question.kind === 'approval' ? 'Approval' : `${question.category}, ${question.priority} priority`}, in ${question.phase}. ${question.decisionImpact}`,
            ),
          ],
          [question.answer ?? 'open'],
          showDecision(question),
        ],
      })),
      'Nothing had to be asked.',
    ),
  ],
})
