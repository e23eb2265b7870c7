// ./run dev FOLDER --test runs this while the app runs on two Portals, and says in the environment how to reach them as their owners.
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

const { env } = process

/** Asks the app on the Portal of ANNA or BEN, as a program of this owner. */
function ask(owner, path, form) {
  const headers = { host: env[`${owner}_HOST`], authorization: `Bearer ${env[`${owner}_TOKEN`]}` }
  const method = form ? 'POST' : 'GET'
  if (form) headers['content-type'] = 'application/x-www-form-urlencoded'
  return new Promise((resolve, reject) => {
    request(env[`${owner}_URL`] + path, { method, headers }, async (answer) => {
      const body = await text(answer)
      answer.statusCode === 200 ? resolve(body) : reject(new Error(`${path} answered ${answer.statusCode}: ${body}`))
    })
      .on('error', reject)
      .end(form && new URLSearchParams(form).toString())
  })
}

test('a message passes from Anna to Ben', async () => {
  await ask('ANNA', '/send', { to: env.BEN_ID, text: 'Ahoy from Anna!' })

  const [message] = JSON.parse(await ask('BEN', '/received'))
  assert.deepEqual([message.from, message.text], [env.ANNA_ID, 'Ahoy from Anna!'])
  console.log(`Ben received from ${message.name}: ${message.text}`)
})
