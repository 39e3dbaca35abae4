<?php
/**
 * Must-use plugin of the tests: runs PHP that a test sends, notes what was asked, and fails on request.
 * The folder RIG_FOLDER holds its state: `token`, `asked`, `fault.json`, `writes` (a byte a write).
 */

namespace Rig;

function folder( $name ) {
	return getenv( 'RIG_FOLDER' ) . "/$name";
}

function is_api() {
	return isset( $_GET['rest_route'] ) || false !== strpos( $_SERVER['REQUEST_URI'], 'wp-json' ) || false !== strpos( $_SERVER['REQUEST_URI'], 'xmlrpc.php' );
}

/** The fault that is due: what it is called is `$name`, and enough was written. */
function due( $name ) {
	if ( ! is_file( folder( 'fault.json' ) ) ) {
		return false;
	}
	$fault = json_decode( file_get_contents( folder( 'fault.json' ) ), true );
	clearstatcache();
	$written = is_file( folder( 'writes' ) ) ? filesize( folder( 'writes' ) ) : 0;
	$fired   = is_file( folder( 'fired' ) ) ? filesize( folder( 'fired' ) ) : 0;
	return $fault['name'] === $name && $written > $fault['after'] && $fired < $fault['times'] ? $fault : false;
}

function fire() {
	file_put_contents( folder( 'fired' ), '.', FILE_APPEND | LOCK_EX );
}

function page( $status, $text ) {
	http_response_code( $status );
	header( 'Content-Type: text/html' );
	echo "<html><head><title>$status</title></head><body><center><h1>$text</h1></center><hr>web server</body></html>";
	exit;
}

if ( isset( $_SERVER['HTTP_X_RIG'] ) && hash_equals( file_get_contents( folder( 'token' ) ), $_SERVER['HTTP_X_RIG'] ) ) {
	$code = file_get_contents( 'php://input' );
	add_action(
		'wp_loaded',
		function () use ( $code ) {
			wp_set_current_user( 1 );
			header( 'Content-Type: text/plain' );
			eval( $code );
			exit;
		}
	);
	return;
}

file_put_contents( folder( 'asked' ), json_encode( array( $_SERVER['REQUEST_METHOD'], $_SERVER['REQUEST_URI'] ) ) . "\n", FILE_APPEND | LOCK_EX );
add_filter( 'eveobs_batch', fn() => (int) file_get_contents( folder( 'batch' ) ) ?: 100 );

if ( is_api() ) {
	if ( due( 'firewall' ) ) {
		fire();
		page( 403, '403 Forbidden' );
	}
	if ( due( 'too_large' ) && (int) ( $_SERVER['CONTENT_LENGTH'] ?? 0 ) > due( 'too_large' )['size'] ) {
		page( 413, '413 Request Entity Too Large' );
	}
	if ( due( 'redirect' ) ) {
		header( 'Location: https://' . $_SERVER['HTTP_HOST'] . $_SERVER['REQUEST_URI'], true, 301 );
		exit;
	}
	if ( due( 'notice' ) ) {
		echo "<br />\n<b>Notice</b>:  Undefined variable: x in <b>/srv/plugin.php</b> on line <b>7</b><br />\n";
	}
	if ( due( 'disabled' ) ) {
		add_filter( 'xmlrpc_enabled', '__return_false' );
		add_filter( 'rest_authentication_errors', fn() => new \WP_Error( 'rest_disabled', 'The REST API is disabled.', array( 'status' => 401 ) ) );
	}
}

/** What fails in the middle of a write. */
function written( $id, $post ) {
	if ( ! is_api() || ! preg_match( '/<!-- eveobs:/', $post->post_content ) ) {
		return;
	}
	file_put_contents( folder( 'writes' ), '.', FILE_APPEND | LOCK_EX );
	foreach ( array( 'fatal', 'memory', 'time_limit', 'exit', 'slow', 'killed', 'maintenance', 'wrong_password', 'role_too_low', 'pause', 'lost_connection' ) as $name ) {
		if ( due( $name ) ) {
			fire();
			call_user_func( __NAMESPACE__ . "\\fail_$name" );
		}
	}
	$poison = due( 'poison' );
	if ( $poison && false !== strpos( $post->post_title, $poison['word'] ) ) {
		fail_fatal();
	}
}
add_action( 'save_post', __NAMESPACE__ . '\written', 10, 2 );

function fail_fatal() {
	\there_is_no_such_function();
}

function fail_memory() {
	ini_set( 'memory_limit', (string) ( memory_get_usage( true ) + 2000000 ) );
	$much = str_repeat( 'x', 50000000 );
}

function fail_time_limit() {
	set_time_limit( 1 );
	while ( true ) {
		md5( 'x' );
	}
}

function fail_exit() {
	exit;
}

function fail_slow() {
	usleep( 3000000 );
}

function fail_killed() {
	exec( 'kill -9 ' . getmypid() );
}

function fail_maintenance() {
	file_put_contents( ABSPATH . '.maintenance', '<?php $upgrading = time();' );
}

function fail_wrong_password() {
	$kept = get_user_meta( get_current_user_id(), '_application_passwords', true );
	if ( $kept ) {
		update_user_meta( get_current_user_id(), '_kept_passwords', $kept );
	}
	delete_user_meta( get_current_user_id(), '_application_passwords' );
}

function fail_role_too_low() {
	wp_get_current_user()->set_role( 'subscriber' );
}

/** Waits until a test has done something else. */
function fail_pause() {
	file_put_contents( folder( 'paused' ), '' );
	for ( $n = 0; $n < 400 && ! is_file( folder( 'go' ) ); $n++ ) {
		usleep( 50000 );
		clearstatcache();
	}
}

/** The database server closes the connection between two statements. */
function fail_lost_connection() {
	global $wpdb;
	$own   = $wpdb->get_var( 'SELECT CONNECTION_ID()' );
	$host  = $wpdb->parse_db_host( DB_HOST );
	$other = mysqli_connect( 'localhost', DB_USER, DB_PASSWORD, DB_NAME, 0, $host[2] );
	mysqli_query( $other, "KILL $own" );
	mysqli_close( $other );
}
