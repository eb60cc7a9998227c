import { callbackGate, callbackHostsSetting } from '../../src/config/callback-hosts';

describe('SUBSCRIPTION_CALLBACK_HOSTS', () => {
  it('is a list of hosts, some with a port; empty is none', () => {
    expect(callbackHostsSetting.parse(undefined)).toEqual([]);
    expect(callbackHostsSetting.parse('')).toEqual([]);
    expect(callbackHostsSetting.parse('Router.example, 10.0.0.7:4010,[::1]:4010')).toEqual(['router.example', '10.0.0.7:4010', '[::1]:4010']);
  });

  it.each(['*', 'https://router.example', 'router.example/callback', 'router.example:', 'router.example:0', 'user@router.example', 'a,,b', '-a'])('is not %s', (text) => {
    expect(callbackHostsSetting.safeParse(text).success).toBe(false);
  });
});

describe('a callback URL', () => {
  const may = callbackGate(['router.example', 'other.example:8443', 'third.example:443', '127.0.0.1:4010', '10.0.0.7:4010']);

  it.each([
    'https://router.example/callback/1',
    'https://ROUTER.example:443/callback',
    'https://other.example:8443/',
    'https://third.example/',
    'http://127.0.0.1:4010/callback',
    'https://10.0.0.7:4010/callback',
  ])('may be called: %s', (url) => expect(may(url)).toBe(true));

  it.each([
    ['in the clear off loopback', 'http://10.0.0.7:4010/callback'],
    ['at another port', 'https://router.example:8443/'],
    ['at the usual port of a host with another', 'https://other.example/'],
    ['below a known host', 'https://a.router.example/'],
    ['at a host that begins alike', 'https://router.example.evil.example/'],
    ['with a known host as its user', 'https://router.example@evil.example/'],
    ['with credentials', 'https://user:password@router.example/'],
    ['of another scheme', 'ftp://router.example/'],
    ['not a URL', 'router.example'],
  ])('may not be called %s', (_what, url) => expect(may(url)).toBe(false));

  it('may never be called where no host is known', () => expect(callbackGate([])('https://router.example/')).toBe(false));
});
