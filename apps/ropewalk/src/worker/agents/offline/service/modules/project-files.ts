import { hasFeature } from '../../design.ts'
import { getFeature } from '../../features/recognise.ts'
import { FIRST_VERSION, OFFLINE_MAKER } from '../../version.ts'
import type { Blueprint } from '../blueprint.ts'
import { toMarkdown } from '../literal.ts'
import { getScope, type Turn } from '../turns.ts'
import { listVariables } from '../variables.ts'

/** `package.json`. Its own member says that rules wrote the repository. */
export const writePackage = ({ design: { noun } }: Blueprint): string =>
  `${JSON.stringify(
    {
      name: `${noun.path}-service`,
      version: FIRST_VERSION,
      description: `Keeps ${noun.many} and serves them over HTTP`,
      private: true,
      license: 'UNLICENSED',
      type: 'module',
      engines: { node: '>=22' },
      scripts: { start: 'node src/main.js', test: 'node --test "test/**/*.test.js"' },
      simulated: { by: OFFLINE_MAKER.tool, version: OFFLINE_MAKER.toolVersion },
    },
    null,
    2,
  )}\n`

export const writeIgnored = (): string => 'data/\nnode_modules/\n'

export const writeChangelog = (blueprint: Blueprint, turns: readonly Turn[]): string => {
  const { ids, design } = getScope(blueprint, turns)
  return [
    '# Changelog',
    '',
    `## ${FIRST_VERSION}`,
    '',
    'First version.',
    '',
    ...[...ids].map(
      ([name, requirements]) => `- ${getFeature(name).title(design)} (${requirements.join(', ')})`,
    ),
    '',
  ].join('\n')
}

const list = (items: readonly string[]): string => items.map((item) => `- ${item}\n`).join('')

/** What the repository does not do, or does without proof: by no rule, or not yet. */
const listOpen = (blueprint: Blueprint, scope: Blueprint): string[] => {
  const waiting = [...blueprint.ids].filter(([name]) => !scope.ids.has(name))
  return [
    ...waiting.map(
      ([name, ids]) =>
        `${ids.join(', ')} (${getFeature(name).title(blueprint.design)}) is not built yet: it comes with the stories.`,
    ),
    ...blueprint.gaps.map(
      (gap) => `${gap.id} (${toMarkdown(gap.title)}) was not built: no rule knows it. It has no test.`,
    ),
    ...blueprint.untested.map(({ id, text }) => `${id}: no test was made for "${toMarkdown(text)}"`),
  ]
}

const TESTS_OF_STORIES = `
Those below \`test/acceptance\` start the service as a process and drive it over HTTP, one file for each user story
and one test for each acceptance criterion that a rule could make a test of.
`

/** `README.md`: what it is, how to run and test it, and what it does not do. */
export const writeReadme = (blueprint: Blueprint, turns: readonly Turn[]): string => {
  const { title, overview, idea, design } = blueprint
  const { noun } = design
  const scope = getScope(blueprint, turns)
  const done = [...scope.ids].map(
    ([name, requirements]) => `${requirements.join(', ')}: ${getFeature(name).statement(design)}`,
  )
  const open = listOpen(blueprint, scope)
  const variables = listVariables(blueprint).map(
    (each) => `| \`${each.name}\` | ${each.meaning} | ${each.standard} |`,
  )
  return `# ${toMarkdown(title)}

${toMarkdown(overview)}

The idea it was built from:

> ${toMarkdown(idea)}

Written by rules, without a language model (${OFFLINE_MAKER.tool} ${OFFLINE_MAKER.toolVersion}).

## Run

Node.js 22 or later, no packages.

\`\`\`sh
PORT=8080 node src/main.js
\`\`\`

${hasFeature(scope.design, 'page') ? 'Then open <http://127.0.0.1:8080/> or call it:' : 'Then call it:'}

\`\`\`sh
curl http://127.0.0.1:8080/${noun.path}
\`\`\`

| variable | meaning | default |
|---|---|---|
${variables.join('\n')}

\`GET /healthz\` answers 200 while the service is up. On SIGTERM it takes no new requests, ends those under way and
stops. Whoever reaches the port reads and changes everything: there is no sign-in.

## Test

\`\`\`sh
node --test "test/**/*.test.js"
\`\`\`
${turns.includes('story-tester') ? TESTS_OF_STORIES : ''}
## Requirements

${list(done)}
## Open

${open.length === 0 ? 'Nothing.\n' : list(open)}`
}
