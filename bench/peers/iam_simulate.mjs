// Decides the mix with @cloud-copilot/iam-simulate; reads JSON, writes JSON.
// runUnsafeSimulation is its faster entry: it validates nothing beforehand.
import { readFileSync } from 'node:fs'
import { runUnsafeSimulation } from '@cloud-copilot/iam-simulate'

const { cases, identity, resource, account, principal, rounds, seconds } = JSON.parse(
  readFileSync(0, 'utf8'),
)

function decide({ action, arn, context }) {
  return runUnsafeSimulation(
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
}

const rates = []
for (let round = 0; round < rounds; round++) {
  const started = performance.now()
  let count = 0
  let passed = 0
  while (passed < seconds * 1000) {
    for (const each of cases) decide(each)
    count += cases.length
    passed = performance.now() - started
  }
  rates.push((count * 1000) / passed)
}
const allowed = cases.map((each) => decide(each) === 'Allowed')
console.log(JSON.stringify({ rates, allowed }))
