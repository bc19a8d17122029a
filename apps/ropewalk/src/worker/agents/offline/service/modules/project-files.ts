import { OFFLINE_MAKER } from '../../version.ts'
import { getFeature } from '../../features/recognise.ts'
import { FIRST_VERSION } from '../../documents/write-release-notes.ts'
import type { Blueprint } from '../blueprint.ts'
import { toMarkdown } from '../literal.ts'

/** `package.json`. Its own member says that rules wrote the repository, which is how a later fix knows it. */
export const writePackage = ({ design: { noun } }: Blueprint): string =>
  `${JSON.stringify(
    {
      name: `${noun.path}-service`,
      version: FIRST_VERSION,
      description: `Keeps ${noun.many} and serves them over HTTP`,
      private: true,
      type: 'module',
      engines: { node: '>=22' },
      scripts: { start: 'node src/main.js', test: 'node --test "test/*.test.js"' },
      simulated: { by: OFFLINE_MAKER.tool, version: OFFLINE_MAKER.toolVersion },
    },
    null,
    2,
  )}\n`

export const writeIgnored = (): string => 'data/\nnode_modules/\n'

export const writeChangelog = ({ ids, design }: Blueprint): string =>
  [
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

const list = (items: readonly string[]): string => items.map((item) => `- ${item}\n`).join('')

/** `README.md`: what it is, how to run and test it, and what it does not do. */
export const writeReadme = (blueprint: Blueprint): string => {
  const { title, overview, idea, design, ids, gaps, untested } = blueprint
  const { noun } = design
  const done = [...ids].map(
    ([name, requirements]) => `${requirements.join(', ')}: ${getFeature(name).statement(design)}`,
  )
  const open = [
    ...gaps.map(
      (gap) => `${gap.id} (${toMarkdown(gap.title)}) was not built: no rule knows it. It has no test.`,
    ),
    ...untested.map(({ id, text }) => `${id}: no test was made for "${toMarkdown(text)}"`),
  ]
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

Then open <http://127.0.0.1:8080/> or call it:

\`\`\`sh
curl http://127.0.0.1:8080/${noun.path}
\`\`\`

| variable | meaning | default |
|---|---|---|
| \`PORT\` | port, 0 for a free one | 8080 |
| \`HOST\` | address to listen on | 127.0.0.1 |
| \`DATA_FILE\` | where the ${noun.many} are kept | data/${noun.path}.json |

Whoever reaches the port reads and changes everything: there is no sign-in.

## Test

\`\`\`sh
node --test "test/*.test.js"
\`\`\`

## Requirements

${list(done)}
## Open

${open.length === 0 ? 'Nothing.\n' : list(open)}`
}
