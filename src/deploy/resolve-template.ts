import { isMap, isScalar, isSeq, parseDocument } from 'yaml';

/** A small CloudFormation: reads a template and resolves what our templates use, so that policies come out as IAM sees them. */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };
export type Place = {
  partition: string;
  region: string;
  account: string;
  stack: string;
  /** physical IDs that CloudFormation gave, by logical ID; others are made up of the stack's name */
  physical?: Readonly<Record<string, string>>;
};
export type ResolvedStack = {
  resources: Record<string, { type: string; properties: JsonObject; attributes: JsonObject }>;
  outputs: Record<string, Json>;
};

export const PLACE: Place = {
  partition: 'aws',
  region: 'eu-west-1',
  account: '111122223333',
  stack: 'rb-stack',
};
const SUFFIXES: Record<string, string> = { 'aws-cn': 'amazonaws.com.cn' };
const ABSENT = Symbol('AWS::NoValue');
type Value = Json | typeof ABSENT;

/** YAML with `!Sub` and the like as `{"Fn::Sub": …}`. */
export function parseTemplate(text: string): JsonObject {
  const document = parseDocument(text, { logLevel: 'silent' });
  if (document.errors.length > 0) throw new Error(document.errors.join('\n'));
  return asObject(plain(document.contents));
}

function plain(node: unknown): Json {
  let value: Json;
  if (isMap(node)) {
    value = Object.fromEntries(
      node.items.map((pair) => [isScalar(pair.key) ? String(pair.key.value) : '', plain(pair.value)]),
    );
  } else if (isSeq(node)) {
    value = node.items.map(plain);
  } else if (isScalar(node)) {
    value = node.value as Json;
  } else {
    return null;
  }
  const tag = (node as { tag?: string }).tag;
  if (tag === undefined || !/^![A-Z]/.test(tag)) return value;
  return { [tag === '!Ref' ? 'Ref' : `Fn::${tag.slice(1)}`]: value };
}

/** Resolves a template as if it were deployed. A reference to anything unknown throws. */
export function resolveTemplate(
  text: string,
  parameters: Record<string, string>,
  place: Place = PLACE,
): ResolvedStack {
  const template = parseTemplate(text);
  const declared = asObject(template.Parameters ?? {});
  const conditions = asObject(template.Conditions ?? {});
  const resources = asObject(template.Resources ?? {});

  const parameter = (name: string): Json | undefined => {
    const definition = declared[name];
    if (definition === undefined) return undefined;
    const { Type, Default, AllowedPattern } = asObject(definition);
    const given = parameters[name] ?? Default;
    if (given === undefined) throw new Error(`no value for the parameter ${name}`);
    const values = Type === 'CommaDelimitedList' ? String(given).split(',') : [String(given)];
    for (const value of values) {
      if (AllowedPattern !== undefined && !new RegExp(String(AllowedPattern)).test(value)) {
        throw new Error(`${value} does not fit ${name}`);
      }
    }
    return Type === 'CommaDelimitedList' ? values : String(given);
  };

  const resourceArn = (id: string): Record<'ref' | 'arn', string> => {
    const definition = asObject(resources[id] ?? fail(`nothing is called ${id}`));
    const properties = asObject(definition.Properties ?? {});
    const { partition, region, account, stack } = place;
    const path = String(properties.Path ?? '/');
    const named = (key: string) => String(resolve(properties[key] ?? fail(`${id} has no ${key}`)));
    const functionArn = (text: string) => `arn:${partition}:lambda:${region}:${account}:function:${text}`;
    const name = place.physical?.[id] ?? `${stack}-${id}`;
    switch (definition.Type) {
      case 'AWS::IAM::Role':
        return { ref: name, arn: `arn:${partition}:iam::${account}:role${path}${name}` };
      case 'AWS::IAM::ManagedPolicy': {
        const arn = `arn:${partition}:iam::${account}:policy${path}${stack}-${id}`;
        return { ref: arn, arn };
      }
      case 'AWS::IAM::OIDCProvider': {
        const arn = `arn:${partition}:iam::${account}:oidc-provider/token.actions.githubusercontent.com`;
        return { ref: arn, arn };
      }
      case 'AWS::S3::Bucket':
        return { ref: named('BucketName'), arn: `arn:${partition}:s3:::${named('BucketName')}` };
      case 'AWS::Logs::LogGroup': {
        const group = named('LogGroupName');
        return { ref: group, arn: `arn:${partition}:logs:${region}:${account}:log-group:${group}:*` };
      }
      case 'AWS::Lambda::Function':
        return { ref: name, arn: functionArn(name) };
      case 'AWS::Lambda::Version':
        return { ref: place.physical?.[id] ?? functionArn(`${named('FunctionName')}:1`), arn: '' };
      default:
        return { ref: typeof properties.Name === 'string' ? properties.Name : id, arn: '' };
    }
  };

  const reference = (name: string): Value => {
    const pseudo: Record<string, string> = {
      'AWS::Partition': place.partition,
      'AWS::Region': place.region,
      'AWS::AccountId': place.account,
      'AWS::StackName': place.stack,
      'AWS::URLSuffix': SUFFIXES[place.partition] ?? 'amazonaws.com',
    };
    if (name === 'AWS::NoValue') return ABSENT;
    return pseudo[name] ?? parameter(name) ?? resourceArn(name).ref;
  };

  const substitute = (text: string, own: JsonObject): string =>
    text.replace(/\$\{([^}]+)\}/g, (whole, name: string) => {
      if (name.startsWith('!')) return `\${${name.slice(1)}}`;
      const local = own[name];
      if (local !== undefined) return String(resolve(local));
      const value = name.endsWith('.Arn') ? resourceArn(name.slice(0, -4)).arn : reference(name);
      return typeof value === 'string' ? value : fail(`${whole} is no text`);
    });

  const holds = (value: Json): boolean => {
    const { Condition } = isObject(value) ? value : {};
    if (Condition !== undefined) return holds(conditions[String(Condition)] ?? fail('no such condition'));
    return resolve(value) === true;
  };

  function resolve(value: Json): Json {
    const found = resolveValue(value);
    return found === ABSENT ? null : found;
  }

  function resolveValue(value: Json): Value {
    if (Array.isArray(value)) return value.map(resolveValue).filter((item) => item !== ABSENT);
    if (!isObject(value)) return value;
    const [[name, argument] = ['', null]] = Object.entries(value);
    const list = Array.isArray(argument) ? argument : [];
    switch (name) {
      case 'Ref':
        return reference(String(argument));
      case 'Fn::GetAtt':
        return resourceArn(String(argument).replace(/\.Arn$/, '')).arn;
      case 'Fn::Sub':
        return typeof argument === 'string'
          ? substitute(argument, {})
          : substitute(String(list[0]), asObject(list[1] ?? {}));
      case 'Fn::Join':
        return (resolve(list[1] ?? []) as Json[]).join(String(list[0]));
      case 'Fn::Split':
        return String(resolve(list[1] ?? '')).split(String(list[0]));
      case 'Fn::If':
        return resolveValue(
          (holds(conditions[String(list[0])] ?? fail('no such condition')) ? list[1] : list[2]) ?? null,
        );
      case 'Fn::Equals':
        return String(resolve(list[0] ?? null)) === String(resolve(list[1] ?? null));
      case 'Fn::Not':
        return !holds(list[0] ?? null);
      case 'Fn::And':
        return list.every(holds);
      default: {
        if (name.startsWith('Fn::')) throw new Error(`${name} is not known here`);
        const entries = Object.entries(value).map(([key, item]) => [key, resolveValue(item)] as const);
        return Object.fromEntries(
          entries.filter((entry): entry is readonly [string, Json] => entry[1] !== ABSENT),
        );
      }
    }
  }

  const isThere = (definition: JsonObject) =>
    definition.Condition === undefined ||
    holds(conditions[String(definition.Condition)] ?? fail('no such condition'));
  const resolved: ResolvedStack = { resources: {}, outputs: {} };
  for (const [id, raw] of Object.entries(resources)) {
    const definition = asObject(raw);
    if (!isThere(definition)) continue;
    const { Properties, Type, ...attributes } = definition;
    resolved.resources[id] = {
      type: String(Type),
      properties: asObject(resolve(Properties ?? {})),
      attributes: { ...attributes, arn: resourceArn(id).arn, ref: resourceArn(id).ref },
    };
  }
  for (const [id, raw] of Object.entries(asObject(template.Outputs ?? {}))) {
    const definition = asObject(raw);
    if (isThere(definition)) resolved.outputs[id] = resolve(definition.Value ?? null);
  }
  return resolved;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asObject(value: Json): JsonObject {
  return isObject(value) ? value : fail(`an object expected, got ${JSON.stringify(value)}`);
}

function fail(message: string): never {
  throw new Error(message);
}
