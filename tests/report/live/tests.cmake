# Live telemetry. Each check is one entry, so that one whose tool is absent is told as not run.
hoplab_test(unit report/live/live_test)

function(hoplab_live_checks script prefix)
  foreach(what IN LISTS ARGN)
    add_test(NAME ${prefix}.${what}
             COMMAND ${HOPLAB_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/report/live/${script}
                     $<TARGET_FILE:hoplab> ${what})
    set_tests_properties(${prefix}.${what} PROPERTIES LABELS unit TIMEOUT 300
                         SKIP_RETURN_CODE 77)
  endforeach()
endfunction()

hoplab_live_checks(check_sending.py LiveSending
  run_sends_what_it_records
  recording_is_the_same_whatever_is_live
  pace_is_kept
  replay_sends_it_again_in_order
  replay_posts_otlp
  dead_receivers_stall_nothing
  replay_does_not_hang_on_a_receiver_that_never_reads
  interrupt_works_at_once
  mistakes_are_told)
hoplab_live_checks(check_serving.py LiveServing
  live_pages_grow_and_the_last_ones_stay
  every_admin_page_is_served
  linger_ends_by_itself
  many_ask_at_once
  promtool_accepts_every_page
  prometheus_scrapes_every_envoy
  prometheus_scrapes_the_shop_of_a_recording
  replay_serves_the_last_pages)
hoplab_live_checks(check_disk.py Disk
  a_full_disk
  a_read_only_file_system
  a_file_that_may_not_grow
  a_place_that_cannot_be_written
  a_full_standard_output)

add_test(NAME LiveSending.StatsdServerOfOthersAddsUpTheSame
         COMMAND ${HOPLAB_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/report/live/check_statsd_server.py
                 $<TARGET_FILE:hoplab> ${CMAKE_BINARY_DIR}/npm)
set_tests_properties(LiveSending.StatsdServerOfOthersAddsUpTheSame PROPERTIES LABELS unit
                     TIMEOUT 400 SKIP_RETURN_CODE 77)
