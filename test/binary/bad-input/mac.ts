import { config, invalid, type Row } from './row.ts';

const macRule = 'must be a unicast link-layer address of 6 octets, such as "02:00:00:00:00:01"';
const badMacs = ['01:00:5e:00:00:01', '00:00:00:00:00:00', '02:00:00:00:00:00:00:01', 'junk'];

/** Link-layer addresses that are not those of one interface. */
export const macRows: readonly Row[] = badMacs.flatMap((mac): Row[] => [
  [`mac ${mac}`, config({ mac }), 7, invalid(`mac: "${mac}": ${macRule}`)],
  [
    `mac ${mac} in args.cni`,
    config({ args: { cni: { mac } } }),
    7,
    invalid(`args.cni.mac: "${mac}": ${macRule}`),
  ],
  [
    `mac ${mac} in runtimeConfig`,
    config({ runtimeConfig: { mac } }),
    7,
    invalid(`runtimeConfig.mac: "${mac}": ${macRule}`),
  ],
  [`MAC=${mac}`, { args: `MAC=${mac}` }, 4, `CNI_ARGS.MAC: "${mac}": ${macRule}`],
]);
