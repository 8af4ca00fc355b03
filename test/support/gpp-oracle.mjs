/**
 * The IAB's own GPP library, in a process of its own: some strings end the process that decodes them. Reads one JSON line on
 * standard input, `{encode: [[{section, fields}]]}`, `{decode: [text]}` or `{time: [text]}`, and prints one line of JSON.
 */
import { text } from 'node:stream/consumers';
import { GppModel } from '@iabgpp/cmpapi';

function encode(sections) {
  const model = new GppModel();
  for (const { section, fields } of sections) {
    for (const [field, value] of Object.entries(fields)) model.setFieldValue(section, field, value);
  }
  return model.encode();
}

function decode(string) {
  try {
    return new GppModel(string).toObject();
  } catch (error) {
    return { error: String(error) };
  }
}

/** Median time of a decode with every field read, in nanoseconds of CPU; null where the library refuses the string. */
function time(string) {
  if ('error' in decode(string)) return null;
  const rounds = [];
  for (let round = 0; round < 15; round++) {
    const begin = process.cpuUsage();
    for (let i = 0; i < 100; i++) decode(string);
    const { user, system } = process.cpuUsage(begin);
    rounds.push(((user + system) * 1000) / 100);
  }
  return rounds.sort((a, b) => a - b)[7];
}

const request = JSON.parse(await text(process.stdin));
const answer = request.encode?.map(encode) ?? request.decode?.map(decode) ?? request.time?.map(time);
process.stdout.write(JSON.stringify(answer));
