#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include "report/live/network_trouble.hpp"
#include "report/live/sender.hpp"

namespace hoplab::report::live {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;

const std::string nobody_listens = "nobody listens there";

class DatagramSender final : public Sender {
 public:
  DatagramSender(const Address& address, std::string prefix)
      : prefix_(std::move(prefix)), socket_(context_) {
    error_code error;
    const udp::endpoint receiver(asio::ip::make_address(address.ip), address.port);
    socket_.open(receiver.protocol(), error);
    if (!error) socket_.connect(receiver, error);
    if (!error) socket_.non_blocking(true, error);
    if (error) {
      throw NetworkTrouble("cannot send to " + address.ip + ": " + error.message());
    }
  }

  void send(const Batch& batch, Delivery& delivery) override {
    std::string_view rest = batch.bytes;
    for (const Batch::Entry& entry : batch.entries) {
      const std::string_view text = rest.substr(0, entry.size);
      rest.remove_prefix(entry.size);
      if (delivery.goes_on()) {
        send_one(text, delivery);
      } else {
        delivery.count_lost(1);
      }
    }
    ask_for_refusal(delivery);
  }

 private:
  void send_one(std::string_view text, Delivery& delivery) {
    const std::array<asio::const_buffer, 2> parts = {asio::buffer(prefix_),
                                                     asio::buffer(text.data(), text.size())};
    error_code error;
    socket_.send(parts, 0, error);
    if (!error) delivery.note_success();
    constexpr int tries_more = 2;
    for (int tries = 0; error && tries < tries_more; ++tries) {
      if (error == asio::error::connection_refused) {
        // A connected socket reports with its next call that nobody took an earlier datagram.
        note_refusal(delivery);
      } else if (error == asio::error::would_block || error == asio::error::no_buffer_space) {
        delivery.pause(std::chrono::milliseconds(10));
      } else {
        break;
      }
      socket_.send(parts, 0, error);
    }
    if (!error) return delivery.count_sent(1);
    delivery.note_trouble(error == asio::error::connection_refused ? nobody_listens
                                                                   : error.message());
    delivery.count_lost(1);
  }

  /// What was told too late to be heard by a later call.
  void ask_for_refusal(Delivery& delivery) {
    int code = 0;
    socklen_t size = sizeof code;
    const int got = ::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_ERROR, &code, &size);
    if (got == 0 && code == ECONNREFUSED) note_refusal(delivery);
  }

  static void note_refusal(Delivery& delivery) {
    delivery.count_refused(1);
    delivery.note_trouble(nobody_listens);
  }

  std::string prefix_;
  asio::io_context context_;
  udp::socket socket_;
};

}  // namespace

std::unique_ptr<Sender> make_datagram_sender(const Address& address, std::string prefix) {
  return std::make_unique<DatagramSender>(address, std::move(prefix));
}

}  // namespace hoplab::report::live
