import { allowedOriginsSetting } from '../../src/config/allowed-origins';

describe('ALLOWED_ORIGINS', () => {
  it('is a list of origins, as browsers send them; empty is none', () => {
    expect(allowedOriginsSetting.parse(undefined)).toEqual([]);
    expect(allowedOriginsSetting.parse('')).toEqual([]);
    expect(allowedOriginsSetting.parse('https://App.example, https://app.example:8443,http://127.0.0.1:4040')).toEqual([
      'https://app.example',
      'https://app.example:8443',
      'http://127.0.0.1:4040',
    ]);
  });

  it.each(['*', 'null', 'app.example', 'http://app.example', 'https://app.example/', 'https://app.example:443', 'https://*.example', 'https://a@app.example', 'https://a.example,,https://b.example', 'file:///'])(
    'is not %s',
    (text) => expect(allowedOriginsSetting.safeParse(text).success).toBe(false),
  );
});
