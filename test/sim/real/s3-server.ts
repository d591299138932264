/** The part of S3's HTTP protocol that the object store needs, over a bucket in memory: for tests without a network. Signatures are not looked at. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ObjectStoreError } from '../../../sim/host/errors.js'
import type { ByteRange, WriteConditions } from '../../../sim/host/object-store.js'
import { Bucket, uploadsAfter } from '../../../sim/objects/bucket.js'

export interface S3Server {
  readonly endpoint: string
  readonly bucket: Bucket
  readonly requests: string[]
  /** What the next requests are answered instead; `'hang'`: nothing. */
  readonly failures: ({ readonly status: number; readonly name: string } | 'hang' | 'reset')[]
  close(): Promise<void>
}

export async function startS3Server(leastPartBytes: number): Promise<S3Server> {
  const bucket = new Bucket({ leastPartBytes })
  const requests: string[] = []
  const failures: S3Server['failures'] = []
  const server: Server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      requests.push(`${request.method} ${request.url}`)
      const failure = failures.shift()
      if (failure === 'hang') return
      if (failure === 'reset') request.socket.destroy()
      else if (failure !== undefined) sendError(response, failure.status, failure.name)
      else answer(bucket, request, body, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    bucket,
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    failures,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function answer(bucket: Bucket, request: IncomingMessage, body: Uint8Array, response: ServerResponse): ServerResponse {
  const url = new URL(request.url ?? '/', 'http://server')
  const query = url.searchParams
  const [, , ...rest] = url.pathname.split('/')
  const key = decodeURIComponent(rest.join('/'))
  const now = Date.now()
  const conditions = conditionsOf(request)
  const upload = query.get('uploadId') ?? ''
  try {
    switch (`${request.method} ${key === '' ? 'bucket' : 'object'} ${query.has('uploads') ? 'uploads' : query.has('uploadId') ? 'upload' : ''}`) {
      case 'PUT object ':
        return send(response, 200, { etag: quoted(bucket.put(key, body, conditions, now).etag) })
      case 'GET object ':
      case 'HEAD object ':
        return sendObject(bucket, request, key, response)
      case 'DELETE object ': {
        const { ifMatch } = conditions
        if (ifMatch !== undefined && bucket.head(key) === null) return sendError(response, 404, 'NoSuchKey')
        bucket.delete(key, ifMatch)
        return send(response, 204, {})
      }
      case 'POST object uploads':
        return sendXml(response, `<InitiateMultipartUploadResult><UploadId>${bucket.createUpload(key, now)}</UploadId></InitiateMultipartUploadResult>`)
      case 'PUT object upload':
        return send(response, 200, { etag: quoted(bucket.uploadPart(key, upload, Number(query.get('partNumber')), body).etag) })
      case 'POST object upload': {
        const parts = [...new TextDecoder().decode(body).matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part]) => ({
          part: Number(/<PartNumber>(\d+)</.exec(part as string)?.[1]),
          etag: unquoted(unescaped(/<ETag>(.*?)</.exec(part as string)?.[1] as string)),
        }))
        const { etag } = bucket.completeUpload(key, upload, parts, conditions, now)
        return sendXml(response, `<CompleteMultipartUploadResult><ETag>${escaped(quoted(etag))}</ETag></CompleteMultipartUploadResult>`)
      }
      case 'DELETE object upload':
        bucket.abortUpload(key, upload)
        return send(response, 204, {})
      case 'GET bucket ':
        return sendList(bucket, query, response)
      case 'GET bucket uploads':
        return sendUploads(bucket, query, response)
      default:
        return sendError(response, 405, 'MethodNotAllowed')
    }
  } catch (error) {
    if (!(error instanceof ObjectStoreError)) throw error
    const [status, name] = refusals[error.code] ?? [500, 'InternalError']
    // A write over an object that is not there: S3 says 404.
    if (error.code === 'precondition-failed' && error.detail === 'there is no such object') return sendError(response, 404, 'NoSuchKey')
    return sendError(response, status, name)
  }
}

const refusals: Partial<Record<string, readonly [number, string]>> = {
  'precondition-failed': [412, 'PreconditionFailed'],
  'not-modified': [304, 'NotModified'],
  'invalid-range': [416, 'InvalidRange'],
  'no-such-upload': [404, 'NoSuchUpload'],
  'invalid-part': [400, 'InvalidPart'],
  'part-too-small': [400, 'EntityTooSmall'],
}

function sendObject(bucket: Bucket, request: IncomingMessage, key: string, response: ServerResponse): ServerResponse {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch, range } = request.headers
  const wanted = range === undefined ? undefined : rangeOf(range)
  const object = bucket.get(key, {
    ...(ifMatch === undefined ? {} : { ifMatch: unquoted(ifMatch) }),
    ...(ifNoneMatch === undefined ? {} : { ifNoneMatch: unquoted(ifNoneMatch) }),
    ...(wanted === undefined ? {} : { range: wanted }),
  })
  if (object === null) return sendError(response, 404, 'NoSuchKey', request.method === 'HEAD')
  const { body, size, etag, lastModifiedMillis } = object
  const start = wanted === undefined ? 0 : 'last' in wanted ? Math.max(0, size - wanted.last) : wanted.from
  return send(
    response,
    wanted === undefined ? 200 : 206,
    {
      etag: quoted(etag),
      'last-modified': new Date(lastModifiedMillis).toUTCString(),
      'content-length': String(body.length),
      ...(wanted === undefined ? {} : { 'content-range': `bytes ${start}-${start + body.length - 1}/${size}` }),
    },
    request.method === 'HEAD' ? undefined : body,
  )
}

function sendList(bucket: Bucket, query: URLSearchParams, response: ServerResponse): ServerResponse {
  const limit = Math.min(1000, Number(query.get('max-keys') ?? 1000))
  const token = query.get('continuation-token')
  const from = token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64').toString()
  const { objects, next } = bucket.list(query.get('prefix') ?? '', from, limit)
  const contents = objects.map(
    ({ key, size, etag, lastModifiedMillis }) =>
      `<Contents><Key>${encoded(key)}</Key><LastModified>${new Date(lastModifiedMillis).toISOString()}</LastModified><ETag>${escaped(quoted(etag))}</ETag><Size>${size}</Size></Contents>`,
  )
  const more = next === null ? '' : `<NextContinuationToken>${Buffer.from(next).toString('base64')}</NextContinuationToken>`
  return sendXml(response, `<ListBucketResult><IsTruncated>${next !== null}</IsTruncated>${contents.join('')}${more}</ListBucketResult>`)
}

function sendUploads(bucket: Bucket, query: URLSearchParams, response: ServerResponse): ServerResponse {
  const [key, id] = [query.get('key-marker'), query.get('upload-id-marker')]
  const from = key === null ? '' : id === null ? uploadsAfter(key) : `${key}\0${id}`
  const { uploads, next } = bucket.listUploads(query.get('prefix') ?? '', from, Math.min(1000, Number(query.get('max-uploads') ?? 1000)))
  const each = uploads.map(
    ({ key: of, upload, startedMillis }) =>
      `<Upload><Key>${encoded(of)}</Key><UploadId>${upload}</UploadId><Initiated>${new Date(startedMillis).toISOString()}</Initiated></Upload>`,
  )
  const last = uploads[uploads.length - 1]
  const more = last === undefined ? '' : `<NextKeyMarker>${encoded(last.key)}</NextKeyMarker><NextUploadIdMarker>${last.upload}</NextUploadIdMarker>`
  return sendXml(response, `<ListMultipartUploadsResult><IsTruncated>${next !== null}</IsTruncated>${more}${each.join('')}</ListMultipartUploadsResult>`)
}

function conditionsOf({ headers }: IncomingMessage): WriteConditions {
  if (headers['if-none-match'] === '*') return { ifNoneMatch: '*' }
  return headers['if-match'] === undefined ? {} : { ifMatch: unquoted(headers['if-match']) }
}

function rangeOf(header: string): ByteRange {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? []
  if (from === '') return { last: Number(to) }
  return to === '' ? { from: Number(from) } : { from: Number(from), length: Number(to) - Number(from) + 1 }
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return new Uint8Array(Buffer.concat(chunks))
}

function send(response: ServerResponse, status: number, headers: Record<string, string>, body?: Uint8Array): ServerResponse {
  response.writeHead(status, headers)
  return response.end(body)
}

function sendXml(response: ServerResponse, xml: string, status = 200): ServerResponse {
  return send(response, status, { 'content-type': 'application/xml' }, new TextEncoder().encode(`<?xml version="1.0" encoding="UTF-8"?>${xml}`))
}

function sendError(response: ServerResponse, status: number, name: string, isHead = false): ServerResponse {
  if (isHead || status === 304) return send(response, status, {})
  return sendXml(response, `<Error><Code>${name}</Code><Message>${name}</Message></Error>`, status)
}

const quoted = (etag: string) => `"${etag}"`
const unquoted = (etag: string) => etag.replaceAll('"', '')
const encoded = (key: string) => encodeURIComponent(key).replaceAll('%20', '+')
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
const unescaped = (text: string) => text.replaceAll('&quot;', '"').replaceAll('&#34;', '"').replaceAll('&amp;', '&')
