"""The host's fabrics: InfiniBand, Fibre Channel, a load balancer, NFS."""


def _below(root: str, files: dict[str, str]) -> dict[str, str]:
    return {f"{root}/{name}": text + "\n" for name, text in files.items()}


_INFINIBAND = {
    "board_id": "SM_1141000001000",
    "fw_ver": "2.31.5050",
    "hca_type": "MT4099",
    "node_guid": "0002:c903:0000:0001",
    "ports/1/link_layer": "InfiniBand",
    "ports/1/state": "4: ACTIVE",
    "ports/1/phys_state": "5: LinkUp",
    "ports/1/rate": "40 Gb/sec (4X QDR)",
    "ports/1/counters/excessive_buffer_overrun_errors": "0",
    "ports/1/counters/link_downed": "1",
    "ports/1/counters/port_rcv_data": "4631917",
    "ports/1/counters/port_xmit_data": "3733440",
    "ports/1/counters/port_rcv_packets": "6825908347",
    "ports/1/counters/symbol_error": "N/A (no PMA)",
    "ports/1/counters/VL15_dropped": "2",
    "ports/1/hw_counters/duplicate_request": "41",
    "ports/1/hw_counters/lifespan": "10000",
    "ports/1/hw_counters/out_of_sequence": "1",
    "ports/2/link_layer": "InfiniBand",
    "ports/2/state": "1: DOWN",
    "ports/2/phys_state": "3: Disabled",
    "ports/2/rate": "2.5 Gb/sec (1X SDR)",
    "ports/2/counters_ext/port_rcv_data_64": "100",
    "ports/2/counters/link_downed": "0",
}
_FIBRE_CHANNEL = {
    "dev_loss_tmo": "30",
    "fabric_name": "0x0",
    "node_name": "0x2000e0071bce95f2",
    "port_id": "0x000002",
    "port_name": "0x1000e0071bce95f2",
    "port_state": "Online",
    "port_type": "Point-To-Point (direct nport connection)",
    "speed": "16 Gbit",
    "supported_classes": "Class 3",
    "supported_speeds": "4 Gbit, 8 Gbit, 16 Gbit",
    "symbolic_name": "Emulex SN1100E2P FV12.4.270.3 DV12.4.0.0. HN:gotest. OS:Linux",
    "statistics/dumped_frames": "0xffffffffffffffff",
    "statistics/error_frames": "0x0",
    "statistics/fcp_packet_aborts": "0x13",
    "statistics/invalid_crc_count": "0x2",
    "statistics/invalid_tx_word_count": "0x8",
    "statistics/link_failure_count": "0x9",
    "statistics/loss_of_signal_count": "0x11",
    "statistics/loss_of_sync_count": "0x10",
    "statistics/nos_count": "0x12",
    "statistics/rx_frames": "0x3",
    "statistics/rx_words": "0x4",
    "statistics/seconds_since_last_reset": "0x7",
    "statistics/tx_frames": "0x5",
    "statistics/tx_words": "0x6",
}
_IP_VS_STATS = """\
   Total Incoming Outgoing         Incoming         Outgoing
   Conns  Packets  Packets            Bytes            Bytes
 16AA370 E33656E5        0     51D8C8883AB3                0

 Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s
       4    1FB3C        0          1282A8F                0
"""
_IP_VS = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  C0A80016:0CEA wlc
  -> C0A85216:0CEA      Tunnel  100    248        2
  -> C0A85318:0CEA      Tunnel  100    248        1
UDP  [2001:0db8:0000:0000:0000:0000:0000:0001]:0035 rr
  -> [2001:0db8:0000:0000:0000:0000:0000:0002]:0035      Route   1      5          6
FWM  10001000 wlc
  -> C0A8321A:0CEA      Route   20     0          1
"""
_PROC2 = "proc2 18 " + " ".join(str(n) for n in range(2, 20))
_PROC3 = "proc3 22 " + " ".join(str(n) for n in range(30, 52))
_PROC4 = "proc4 61 " + " ".join(str(n) for n in range(100, 161))
_OPERATIONS = "proc4ops 72 " + " ".join(str(n) for n in range(200, 272))
FILES = {
    **_below("sys/class/infiniband/mlx4_0", _INFINIBAND),
    **_below("sys/class/fc_host/host0", _FIBRE_CHANNEL),
    "proc/net/ip_vs_stats": _IP_VS_STATS,
    "proc/net/ip_vs": _IP_VS,
    "proc/net/rpc/nfs": (
        f"net 70 3 45 9\nrpc 1218785755 374636 1218815394\n{_PROC2}\n{_PROC3}\n{_PROC4}\n"
    ),
    "proc/net/rpc/nfsd": (
        "rc 1 6 18622\nfh 5 0 0 0 0\nio 157286400 72864\n"
        "th 8 0 0.000 0.000 0.000 0.000 0.000 0.000 0.000 0.000 0.000 0.000\n"
        "ra 32 0 0 0 0 0 0 0 0 0 0 7\nnet 972 55 917 15\nrpc 18628 3 1 1 1\n"
        f"{_PROC2}\n{_PROC3}\nproc4 2 2 10853\n{_OPERATIONS}\n"
    ),
}
