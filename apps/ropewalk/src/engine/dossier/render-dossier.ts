import type { Verdict } from '@ropewalk/core/run/state'
import type { DossierData } from './collect-dossier.ts'
import { html, page, type Html } from './html.ts'

/** A file of the dossier as the page links to it. */
export type DossierLink = { readonly path: string; readonly about: string }

const VERDICTS: Record<Verdict, string> = {
  verified: 'verified',
  gaps: 'verified with gaps',
  unverified: 'not verified',
}

const usd = (micros: number): string => `$${(micros / 1_000_000).toFixed(4)}`
const percent = (share: number | null): string => (share === null ? '–' : `${Math.round(share * 100)} %`)
const badge = (kind: string, label: string = kind): Html => html`<span class="badge ${kind}">${label}</span>`
const list = (items: readonly string[]): Html =>
  items.length === 0
    ? html``
    : html`<ul>
        ${items.map((item) => html`<li>${item}</li>`)}
      </ul>`

const renderRequirements = ({ judgement, rtm, reports }: DossierData): Html => {
  const commands = new Map(
    reports.filter(({ report }) => report.guard === 'tests').map(({ report }) => [report.revision, report]),
  )
  const last = [...commands.values()].at(-1)
  const rows = judgement.requirements.map((requirement) => {
    const row = rtm?.rows.find((candidate) => candidate.requirementId === requirement.id)
    const tests = (row?.tests ?? []).map(
      (test) => html`<li>${badge(test.outcome)} ${test.test} <span class="muted">${test.file}</span></li>`,
    )
    return html`<tr id="${requirement.id}">
      <td><code>${requirement.id}</code></td>
      <td>
        ${requirement.title}<br /><span class="muted"
          >stories ${(row?.stories ?? []).join(', ') || 'none'} · rests on
          ${(row?.cites ?? []).join(', ') || 'nothing'}</span
        >
        <ul>
          ${tests}
        </ul>
        ${list(requirement.reasons)}
      </td>
      <td>${badge(requirement.verdict, VERDICTS[requirement.verdict])}</td>
    </tr>`
  })
  const proof = last
    ? html`<p class="muted">
        Tests were run by the engine: <code>${(last.argv ?? []).join(' ')}</code>, exit code
        ${last.exitCode ?? 'none'}, commit <code>${last.revision ?? 'none'}</code>.
      </p>`
    : html`<p>No test run of the engine stands behind these requirements.</p>`
  return html`<h2>Requirements</h2>
    ${proof}
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>Id</th>
            <th>Requirement and proof</th>
            <th>Verdict</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>`
}

const renderGates = ({ view, gates, reports }: DossierData): Html => {
  const blocks = view.phases.map((phase) => {
    const rounds = gates.filter((gate) => gate.phase === phase.phase)
    const body = rounds.map((gate) => {
      const rows = reports
        .filter((kept) => kept.phase === gate.phase && kept.round === gate.round)
        .map(
          ({ report }) =>
            html`<tr>
              <td>${badge(report.outcome)}</td>
              <td>${report.guard}<br /><span class="muted">${report.artifacts.join(', ')}</span></td>
              <td>${percent(report.score)}</td>
              <td>
                ${report.tool}
                ${report.toolVersion}${report.exitCode === null ? '' : `, exit ${report.exitCode}`}${report.confined === 'no' ? ', without a sandbox' : ''}${list(report.reasons.slice(0, 5))}
              </td>
            </tr>`,
        )
      return html`<h3>
          Round ${gate.round}: ${badge(gate.passed ? 'passed' : 'failed')} ${percent(gate.score)}
        </h3>
        ${list(gate.passed ? [] : gate.reasons)}
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th>Outcome</th>
                <th>Check</th>
                <th>Score</th>
                <th>Run by the engine with</th>
              </tr>
            </thead>
            <tbody>
              ${rows}
            </tbody>
          </table>
        </div>`
    })
    return html`<section>
      <h2>Phase ${phase.phase}: ${phase.status}</h2>
      ${body}
    </section>`
  })
  return html`${blocks}`
}

const renderQuestions = ({ questions }: DossierData): Html =>
  questions.length === 0
    ? html``
    : html`<h2>Questions and who decided</h2>
        <table>
          <thead>
            <tr>
              <th>Question</th>
              <th>Answer</th>
              <th>Decided by</th>
            </tr>
          </thead>
          <tbody>
            ${questions.map(
              (question) =>
                html`<tr>
                  <td>${question.text}<br /><span class="muted">${question.decisionImpact}</span></td>
                  <td>${question.answer ?? 'open'}</td>
                  <td>
                    ${question.decidedKind === question.decidedBy ? (question.decidedKind ?? '–') : `${question.decidedKind ?? ''} ${question.decidedBy ?? ''}`}
                  </td>
                </tr>`,
            )}
          </tbody>
        </table>`

const renderCost = ({ cost }: DossierData): Html =>
  html`<h2>Cost</h2>
    <p>${usd(cost.spentMicros)} of ${usd(cost.capMicros)}, ${cost.tokens} tokens.</p>
    ${
      cost.rows.length === 0
        ? html``
        : html`<table>
            <thead>
              <tr>
                <th>Phase</th>
                <th>Model</th>
                <th>Calls</th>
                <th>Tokens in / out</th>
                <th>Cost</th>
              </tr>
            </thead>
            <tbody>
              ${cost.rows.map(
                (row) =>
                  html`<tr>
                    <td>${row.phase}</td>
                    <td>${row.model}</td>
                    <td>${row.calls}</td>
                    <td>${row.inputTokens} / ${row.outputTokens}</td>
                    <td>
                      ${usd(row.micros)}${row.assumedMicros > 0 ? ` (${usd(row.assumedMicros)} assumed)` : ''}
                    </td>
                  </tr>`,
              )}
            </tbody>
          </table>`
    }`

const renderOrphans = ({ rtm }: DossierData): Html => {
  if (rtm === null) return html``
  const { orphans } = rtm
  const lines = [
    ...orphans.requirementsWithoutStory.map((id) => `${id} has no story`),
    ...orphans.requirementsWithoutTest.map((id) => `${id} has no test`),
    ...orphans.storiesWithoutRequirement.map((id) => `${id} serves no requirement`),
    ...orphans.testsWithoutRequirement.map((test) => `the test "${test}" proves no requirement`),
  ]
  return html`<h2>Traceability</h2>
    ${lines.length === 0 ? html`<p>Every requirement has a story and a test; every story and test has a requirement.</p>` : list(lines)}`
}

/** `index.html`: what was proved, per requirement, and where each proof lies. */
export const renderDossier = (
  data: DossierData,
  files: readonly DossierLink[],
  how: readonly string[],
): string => {
  const { run, plan } = data.view
  const { verdict } = data.judgement
  return page(
    `${run.title}: ${VERDICTS[verdict]}`,
    html`<h1>${run.title}</h1>
      <p>
        ${badge(verdict, VERDICTS[verdict])}
        <span class="muted"
          >run <code>${run.id}</code>,
          ${run.status === 'failed' ? `failed: ${run.failureMessage ?? ''}` : 'release dossier'}</span
        >
      </p>
      <p>${plan.idea}</p>
      ${run.simulated ? html`<p><strong>Simulated:</strong> documents and code here were written by the offline model, by rules and without a language model. The checks are real: the engine ran them.</p>` : html``}
      ${
        data.gaps.length > 0
          ? html`<h2>Known gaps</h2>
              ${list(data.gaps)}`
          : html``
      }
      ${renderRequirements(data)}${renderOrphans(data)}
      <h2>Run it, check it</h2>
      <pre>${how.join('\n')}</pre>
      ${renderQuestions(data)}${renderGates(data)}${renderCost(data)}
      <h2>Files</h2>
      <ul>
        ${files.map((file) => html`<li><a href="${file.path}">${file.path}</a> <span class="muted">${file.about}</span></li>`)}
      </ul>`,
  )
}
