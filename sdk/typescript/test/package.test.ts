// What is installed is what was tested.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../', import.meta.url))
const run = (program: string, ...args: string[]): string => execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

describe('the package', () => {
  it('has every module with its types, and nothing else', () => {
    const [packed] = JSON.parse(run('npm', 'pack', '--dry-run', '--json', '--ignore-scripts')) as [{ files: { path: string }[] }]
    const modules = readdirSync(`${folder}src`).flatMap((file) => ['.js', '.d.ts'].map((end) => `dist/src/${file.replace(/\.ts$/, end)}`))
    assert.deepEqual(packed.files.map((file) => file.path).sort(), ['README.md', 'package.json', ...modules].sort())
  })

  it('needs no other at run time, and names no registry', () => {
    assert.equal('dependencies' in (JSON.parse(readFileSync(`${folder}package.json`, 'utf8')) as object), false)
    assert.doesNotMatch(readFileSync(`${folder}package-lock.json`, 'utf8'), /"resolved"/)
  })

  it('has the types of the committed OpenAPI document', () => {
    run(process.execPath, 'node_modules/openapi-typescript/bin/cli.js', '../../docs/openapi/internal.json', '--output', 'src/openapi.ts', '--check')
  })

  it('is found under its name', async () => {
    const named: string = '@peerregistry/client'
    for (const part of ['', '/express', '/hono', '/webhooks']) assert.ok(Object.keys((await import(named + part)) as object).length > 1)
  })
})
