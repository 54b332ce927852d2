// Decides the mix with @cloud-copilot/iam-simulate; reads JSON, writes JSON.
// By runSimulation: the entry that skips validation, runUnsafeSimulation, fails
// on every resource policy, for want of the name that it gives to the others.
import { readFileSync } from 'node:fs'
import { runSimulation } from '@cloud-copilot/iam-simulate'

const { cases, identity, resource, account, principal, rounds, seconds } = JSON.parse(
  readFileSync(0, 'utf8'),
)

async function decide({ action, arn, context }) {
  const found = await runSimulation(
    {
      request: {
        principal,
        action,
        resource: { resource: arn, accountId: account },
        contextVariables: { ...context },
      },
      identityPolicies: [{ name: 'folder', policy: identity }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: resource,
    },
    {},
  )
  return found.overallResult === 'Allowed'
}

const rates = []
for (let round = 0; round < rounds; round++) {
  const started = process.cpuUsage()
  let count = 0
  let passed = 0
  while (passed < seconds * 1000) {
    for (const each of cases) await decide(each)
    count += cases.length
    const { user, system } = process.cpuUsage(started)
    passed = (user + system) / 1000
  }
  rates.push((count * 1000) / passed)
}
const allowed = await Promise.all(cases.map(decide))
console.log(JSON.stringify({ rates, allowed }))
