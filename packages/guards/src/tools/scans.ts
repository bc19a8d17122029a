import { scanStaticSecurity } from '../scan/scan-code.ts'
import { scanDependencies } from '../scan/scan-dependencies.ts'
import { scanContainers, scanInfrastructure } from '../scan/scan-infrastructure.ts'
import { scanSecrets } from '../scan/scan-secrets.ts'
import { makeScanTool } from './make-scan-tool.ts'

export const secrets = makeScanTool({ name: 'secrets', scan: scanSecrets })

export const sca = makeScanTool({
  name: 'sca',
  scan: scanDependencies,
  getMore: (scan) => ({ dependencies: scan?.dependencies ?? [] }),
})

export const sast = makeScanTool({ name: 'sast', scan: scanStaticSecurity })

export const iac = makeScanTool({ name: 'iac', scan: scanInfrastructure })

export const container = makeScanTool({ name: 'container', scan: scanContainers })
