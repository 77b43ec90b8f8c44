import { type Peer, places } from './node-config.ts';

/** The release whose options the files were checked against. */
export const besuVersion = '26.3.0';

/** One node on its own machine. Host networking, since a node's address in the allowlists must be the one it is seen under. */
export function composeFile({ name }: Peer): string {
  return `# Validated against Besu ${besuVersion}'s options and the Compose Specification; not run by those who made it.
name: besu-${name.replaceAll('.', '-')}
services:
  besu:
    image: hyperledger/besu:\${BESU_VERSION:-${besuVersion}}
    command: ['--config-file=${places.configuration}/config.toml']
    network_mode: host
    restart: unless-stopped
    # RocksDB is closed in that time.
    stop_grace_period: 2m
    # Who owns ./data, which holds the node's key.
    user: \${BESU_USER:-1000:1000}
    environment:
      BESU_OPTS: \${BESU_OPTS:--Xmx2g}
    volumes:
      - ./config.toml:${places.configuration}/config.toml:ro
      - ./genesis.json:${places.configuration}/genesis.json:ro
      - ./static-nodes.json:${places.configuration}/static-nodes.json:ro
      - ./data:${places.data}
    logging:
      driver: json-file
      options: { max-size: 50m, max-file: '5' }
`;
}

export function serviceUnit({ name, role }: Peer): string {
  return `# Validated with systemd-analyze and against Besu ${besuVersion}'s options; not run by those who made it.
[Unit]
Description=Besu ${role} ${name}
Documentation=https://besu.hyperledger.org
Wants=network-online.target
After=network-online.target

[Service]
User=besu
Group=besu
# The distribution of https://github.com/hyperledger/besu/releases, unpacked there; an upgrade moves the link.
ExecStart=/opt/besu/bin/besu --config-file=${places.configuration}/config.toml
Environment=BESU_OPTS=-Xmx2g
# The JVM's exit code after SIGTERM.
SuccessExitStatus=143
TimeoutStopSec=120
Restart=on-failure
RestartSec=5
LimitNOFILE=65536
StateDirectory=besu
StateDirectoryMode=0700
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
ReadWritePaths=${places.data}

[Install]
WantedBy=multi-user.target
`;
}
