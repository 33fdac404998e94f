// A web server on port 8080 for answers whose meaning nginx has no words for: codings one over the other and damaged ones,
// ranges nobody asked for, an expectation nobody answers, answers that come as they arise, and challenges of all schemes.
//
// usage: node meaning.js
'use strict';
const http = require('http');
const zlib = require('zlib');

const TEXT = Buffer.from(Array.from({ length: 100 }, (_, i) => `line ${i} of a text that compresses well\n`).join(''));
const ETAG = '"v1"';
const later = (ms, what) => setTimeout(what, ms);

function send(res, status, head, data = '') {
	res.writeHead(status, { 'Content-Length': Buffer.byteLength(data), ...head });
	res.end(data);
}

function text(res, coding, data) {
	send(res, 200, { 'Content-Type': 'text/plain', 'Content-Encoding': coding }, data);
}

// Damage: the checksum behind a gzip body, the middle of one, and a body that ends in the middle.
function damaged(data, at) {
	const copy = Buffer.from(data);
	copy[at < 0 ? copy.length + at : at] ^= 0x55;
	return copy;
}

// A brotli body of a few bytes that holds a mebibyte of zeros.
const bomb = () => zlib.brotliCompressSync(Buffer.alloc(1 << 20));

const codings = {
	'/br': (res) => text(res, 'br', zlib.brotliCompressSync(TEXT)),
	'/stacked': (res) => text(res, 'gzip, br', zlib.brotliCompressSync(zlib.gzipSync(TEXT))),
	'/deflate': (res) => text(res, 'deflate', zlib.deflateSync(TEXT)),
	'/deflate-raw': (res) => text(res, 'deflate', zlib.deflateRawSync(TEXT)),
	'/members': (res) => text(res, 'gzip', Buffer.concat([zlib.gzipSync(TEXT.subarray(0, 1000)), zlib.gzipSync(TEXT.subarray(1000))])),
	'/trailing': (res) => text(res, 'gzip', Buffer.concat([zlib.gzipSync(TEXT), Buffer.from('and more')])),
	'/checksum': (res) => text(res, 'gzip', damaged(zlib.gzipSync(TEXT), -8)),
	'/corrupt': (res) => text(res, 'br', damaged(zlib.brotliCompressSync(TEXT), 60)),
	'/ends-early': (res) => text(res, 'gzip', zlib.gzipSync(TEXT).subarray(0, 200)),
	'/mislabelled': (res) => text(res, 'gzip', TEXT.subarray(0, 400)),
	'/unknown': (res) => text(res, 'lzma', TEXT.subarray(0, 400)),
	'/bomb': (res) => text(res, 'br', bomb()),
	// The connection ends before the body does.
	'/cut': (res) => {
		const data = zlib.brotliCompressSync(TEXT);
		res.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Encoding': 'br', 'Content-Length': data.length });
		res.write(data.subarray(0, 80));
		later(50, () => res.destroy());
	},
};

const part = (res, range, data) => send(res, 206, { 'Content-Type': 'text/plain', 'Content-Range': range, ETag: ETAG }, data);

const ranges = {
	'/not-asked': (res) => part(res, `bytes 500-599/${TEXT.length}`, TEXT.subarray(500, 600)),
	'/too-short': (res) => part(res, `bytes 0-99/${TEXT.length}`, TEXT.subarray(0, 50)),
	'/unreadable': (res) => part(res, 'bytes 99-0/*', TEXT.subarray(0, 100)),
	// A download that ends early, and whose rest can be had.
	'/download': (res, req) => {
		const from = /bytes=(\d+)-/.exec(req.headers.range || '');
		if (from) return part(res, `bytes ${from[1]}-${TEXT.length - 1}/${TEXT.length}`, TEXT.subarray(+from[1]));
		res.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': TEXT.length, ETag: ETAG, 'Accept-Ranges': 'bytes' });
		res.write(TEXT.subarray(0, 1500));
		later(50, () => res.destroy());
	},
};

function pieces(res, head, list, pause) {
	res.writeHead(200, head);
	list.forEach((data, i) => later(i * pause, () => (i + 1 < list.length ? res.write(data) : res.end(data))));
}

const deliveries = {
	'/log': (res) => pieces(res, { 'Content-Type': 'text/plain' }, ['one\n', 'two\n', 'three\n', 'four\n'], 600),
	'/events': (res) => pieces(res, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' }, ['data: 1\n\n', ': still here\n\n', 'data: 2\n\n'], 700),
	'/download': (res) => pieces(res, { 'Content-Type': 'text/plain', 'Content-Length': TEXT.length }, [TEXT.subarray(0, 1000), TEXT.subarray(1000, 2000), TEXT.subarray(2000)], 600),
	'/poll': (res) => later(1200, () => send(res, 200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }, '{"news":1}\n')),
	'/wait': (res) => later(1100, () => send(res, 200, { 'Content-Type': 'application/json', 'Preference-Applied': 'wait=1' }, '{"news":2}\n')),
	'/report': (res) => later(1300, () => send(res, 200, { 'Content-Type': 'application/json' }, '{"rows":3}\n')),
};

// The second message of NTLM, with a challenge of zeros.
const NTLM2 = Buffer.concat([Buffer.from('NTLMSSP\0'), Buffer.from('0200000000000000380000000582890000000000000000000000000000000000000000000000000000000000000000', 'hex')]).toString('base64');

const challenge = (res, ...list) => send(res, 401, { 'WWW-Authenticate': list });
const logins = {
	'/several': (res) => challenge(res, 'Basic realm="shop, \\"north\\""', 'Digest realm="shop", qop="auth", algorithm=SHA-256, nonce="00112233"', 'Negotiate'),
	'/basic': (res, req) => (req.headers.authorization === 'Basic ' + Buffer.from('alice:wonderland').toString('base64') ? send(res, 200, {}, 'hello\n') : challenge(res, 'Basic realm="shop"')),
	'/digest': (res, req) => (req.headers.authorization ? send(res, 200, { 'Authentication-Info': 'nextnonce="44556677"' }, 'hello\n') : challenge(res, 'Digest realm="shop", qop="auth", algorithm=MD5, nonce="00112233", opaque="8899"')),
	'/bearer': (res, req) => (req.headers.authorization ? challenge(res, 'Bearer realm="api", error="invalid_token", error_description="The token expired"') : challenge(res, 'Bearer realm="api"')),
	'/forbidden': (res) => send(res, 403, {}, 'not you\n'),
	'/ntlm': (res, req) => {
		const token = /^NTLM (\S+)/.exec(req.headers.authorization || '');
		if (!token) return challenge(res, 'NTLM');
		// Message type 1 is answered with a challenge, type 3 is taken as it is.
		if (Buffer.from(token[1], 'base64')[8] === 1) return challenge(res, 'NTLM ' + NTLM2);
		send(res, 200, {}, 'hello\n');
	},
};

const expectations = {
	'/ignored': (res, req) => req.resume().on('end', () => send(res, 200, {}, 'taken\n')),
	'/answered': (res, req) => (res.writeContinue(), expectations['/ignored'](res, req)),
	'/refused': (res, req) => (req.headers.expect ? send(res, 417, {}) : expectations['/ignored'](res, req)),
	'/too-large': (res) => send(res, 413, { Connection: 'close' }),
};

const scenes = { codings, ranges, deliveries, logins, expectations };

function answer(req, res) {
	const [, scene, page] = /^\/([a-z]+)(\/[a-z-]+)/.exec(req.url) || [];
	const made = (scenes[scene] || {})[page];
	if (made) return made(res, req);
	req.resume().on('end', () => send(res, 200, { 'Content-Type': 'text/plain' }, 'hello\n'));
}

http.createServer(answer).on('checkContinue', answer).listen(8080);
