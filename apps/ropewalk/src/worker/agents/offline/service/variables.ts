import type { Blueprint } from './blueprint.ts'

/** A setting of the service, read from its environment. None is a secret. */
export type Variable = { readonly name: string; readonly meaning: string; readonly standard: string }

/** What the service reads from its environment, for README and infrastructure documents alike. */
export const listVariables = ({ design: { noun } }: Blueprint): readonly Variable[] => [
  { name: 'PORT', meaning: 'port, 0 for a free one', standard: '8080' },
  { name: 'HOST', meaning: 'address to listen on', standard: '127.0.0.1' },
  {
    name: 'DATA_DIR',
    meaning: `an existing folder; the ${noun.many} are kept below it in ${getDataFile(noun.path)}`,
    standard: 'the working directory',
  },
]

/** Where the records lie below the folder that DATA_DIR names. */
export const getDataFile = (path: string): string => `data/${path}.json`
