import { describe, expect, it } from 'vitest';
import { createDemoLog, writeGreeting } from '../../../src/demo/terminal.ts';

describe('what the demo says on the terminal', () => {
  it('says where to go, what to try and how to end it', () => {
    const text = writeGreeting({ port: 8083, taken: 8080, adminPort: 8084, policies: '/p' });
    expect(text).toContain('Open  http://127.0.0.1:8083/demo');
    expect(text).toContain('Port 8080 is taken');
    expect(text).toContain('/p/eu.yaml');
    expect(text).toContain('Ctrl-C');
    expect(writeGreeting({ port: 8080, taken: null, adminPort: 8081, policies: '/p' })).not.toContain('taken');
  });

  it('tells of problems and of new policies in sentences, and leaves out the rest', () => {
    let text = '';
    const log = createDemoLog((part) => {
      text += part;
    });
    log.info({ port: 8080 }, 'listening');
    expect(text).toBe('');
    log.info({ revision: 'abc' }, 'policies loaded');
    log.error({ problems: ['eu.yaml:3:1: unknown key'] }, 'the policies were not loaded');
    expect(text).toBe('  Policies loaded anew (revision abc).\n  the policies were not loaded\n    eu.yaml:3:1: unknown key\n');
  });
});
